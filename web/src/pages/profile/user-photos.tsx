/** The pictures that a person has posted, newest first. */
import { useState } from 'preact/hooks';
import type { User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { createPhotoList } from '../../photos/photo-list.ts';
import { PhotoWall } from '../../photos/photo-wall.tsx';
import { Empty } from '../../ui/states.tsx';

export function UserPhotos({ user }: { readonly user: User }) {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'photos', () => createPhotoList(`/users/${user.user_id}/photos`));
  return <PhotoWall list={list} empty={<Empty title="No photos yet" />} />;
}
