/** Photos alone: of those whom the reader follows, and their own. */
import { useState } from 'preact/hooks';
import type { Photo } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { createPhotoList } from '../../photos/photo-list.ts';
import { PhotoWall } from '../../photos/photo-wall.tsx';
import { PostPhotos } from '../../photos/post-photos.tsx';
import { isSignedIn, me } from '../../state/session.ts';
import type { Items } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

export function PhotosPage() {
  return isSignedIn.value ? <Photos /> : <SignInFirst title="Photos" what="the photos of those you follow" />;
}

function Photos() {
  const [visit] = useState(() => entry.value);
  const isOwn = visit.query.get('of') === 'me';
  const list = keptBy(visit, 'photo wall', () =>
    isOwn
      ? createPhotoList(`/users/${me.value?.user_id}/photos`)
      : createPhotoList('/feed', { type: 'photos' }),
  );
  return (
    <>
      <PageHead title="Photos" isRoot>
        <PostPhotos tone="quiet" onSent={() => void list.reload()} />
      </PageHead>
      <Tabs
        name="Whose photos"
        tabs={[
          { label: 'Following', href: '/photos', isCurrent: !isOwn },
          { label: 'Yours', href: '/photos?of=me', isCurrent: isOwn },
        ]}
      />
      <PhotoWall list={list} withAuthors={!isOwn} empty={isOwn ? <NoneYet list={list} /> : <NobodyYet />} />
    </>
  );
}

function NobodyYet() {
  return (
    <Empty title="No photos yet">
      <p class="muted">Here are the photos of those you follow, and yours.</p>
      <a class="button button-primary" href="/search">
        Find people to follow
      </a>
    </Empty>
  );
}

function NoneYet({ list }: { readonly list: Items<Photo> }) {
  return (
    <Empty title="You have not posted a photo yet">
      <p class="muted">Yours are here, on your profile, and among the photos of your followers.</p>
      <PostPhotos tone="primary" onSent={() => void list.reload()} />
    </Empty>
  );
}
