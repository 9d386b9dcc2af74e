/** The pictures that a person has posted, newest first. Each leads to its post, opened on it. */
import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Media, Photo, User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { Empty } from '../../ui/states.tsx';
import './user-photos.css';

interface PhotosPage {
  readonly photos: readonly Photo[];
  readonly next_page_token: string | null;
}

const PAGE = 30;

export function UserPhotos({ user }: { readonly user: User }) {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'photos', () =>
    createItemList<Photo>(async (pageToken) => {
      const page = await get<PhotosPage>(`/users/${user.user_id}/photos`, {
        query: { limit: PAGE, page_token: pageToken ?? undefined },
      });
      return { items: page.photos, next_page_token: page.next_page_token };
    }),
  );
  return (
    <div class="user-photos">
      <ItemList
        list={list}
        what="The photos could not be loaded"
        keyOf={({ photo_id: id }) => id}
        show={(photo) => <Thumbnail photo={photo} />}
        empty={<Empty title="No photos yet" />}
      />
    </div>
  );
}

function Thumbnail({ photo }: { readonly photo: Photo }) {
  const { author, photo_id: id, content_warning: warning, media } = photo;
  const hidden = warning !== null && warning !== '';
  // What is behind a warning is seen at its post, after the warning.
  const href = `/@${author.username}/${id}${hidden ? '' : '/photo/1'}`;
  return (
    <a class="user-photo" href={href}>
      {hidden || photo.state !== 'ready' || photo.thumbnail_url === null ? (
        <span class="user-photo-word small">{hidden ? `Warning: ${warning}` : WORDS[photo.state]}</span>
      ) : (
        <img
          src={thumbnailOf(photo)}
          width={320}
          height={320}
          alt={nameOf(photo)}
          loading="lazy"
          decoding="async"
        />
      )}
      {media.length > 1 && (
        <span class="user-photo-count small">
          {media.length}
          <span class="unseen"> pictures</span>
        </span>
      )}
    </a>
  );
}

const WORDS: Readonly<Record<Media['state'], string>> = {
  processing: 'Being processed…',
  failed: 'Could not be processed',
  ready: '',
};

function nameOf({ alt, caption }: Photo): string {
  if (alt !== null) return `Photo: ${alt}`;
  return caption === ''
    ? 'Photo without a description'
    : `Photo without a description, of the post: ${caption}`;
}

/** Wide enough for a third of the column; the square of 150 is not. */
function thumbnailOf({ media, thumbnail_url: square }: Photo): string | undefined {
  const [first] = media;
  const wide = first?.variants.find(({ name }) => name === '320' || name === '640') ?? first?.variants.at(-1);
  return wide?.url ?? square ?? undefined;
}
