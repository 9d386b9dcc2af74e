/** Photos alone: of those whom the reader follows, and their own. */
import { useState } from 'preact/hooks';
import { entry, keptBy } from '../../navigation/location.ts';
import { createPhotoList } from '../../photos/photo-list.ts';
import { PhotoWall } from '../../photos/photo-wall.tsx';
import { isSignedIn, me } from '../../state/session.ts';
import { Icon } from '../../ui/icon.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

export function PhotosPage() {
  if (!isSignedIn.value) return <SignInFirst title="Photos" what="the photos of those you follow" />;
  const isOwn = entry.value.query.get('of') === 'me';
  return (
    <>
      <PageHead title="Photos" isRoot>
        <a class="button button-quiet" href="/compose">
          <Icon name="photo" />
          Post a photo
        </a>
      </PageHead>
      <Tabs
        name="Whose photos"
        tabs={[
          { label: 'Following', href: '/photos', isCurrent: !isOwn },
          { label: 'Yours', href: '/photos?of=me', isCurrent: isOwn },
        ]}
      />
      {isOwn ? <Own /> : <Following />}
    </>
  );
}

function Following() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'photo feed', () => createPhotoList('/feed', { type: 'photos' }));
  return (
    <PhotoWall
      list={list}
      withAuthors
      empty={
        <Empty title="No photos yet">
          <p class="muted">Here are the photos of those you follow, and yours.</p>
          <a class="button button-primary" href="/search">
            Find people to follow
          </a>
        </Empty>
      }
    />
  );
}

function Own() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'own photos', () => createPhotoList(`/users/${me.value?.user_id}/photos`));
  return (
    <PhotoWall
      list={list}
      empty={
        <Empty title="You have not posted a photo yet">
          <p class="muted">
            Add one to a post: it is here, on your profile, and in the photos of your followers.
          </p>
          <a class="button button-primary" href="/compose">
            Post a photo
          </a>
        </Empty>
      }
    />
  );
}
