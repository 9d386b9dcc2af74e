/** The viewer over the page of its post, of which the address names a picture. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Post } from '../api/types.ts';
import { navigate } from '../navigation/location.ts';
import { slidesOfPost } from './slides.ts';
import type { ViewerProps } from './viewer.tsx';

export function OpenedPhoto({ post, place }: { readonly post: Post; readonly place: number }) {
  const [Viewer, setViewer] = useState<ComponentType<ViewerProps>>();
  const [index, setIndex] = useState(place - 1);
  // Without it the post is there with its pictures.
  useEffect(
    () =>
      void import('./viewer.tsx').then(
        (found) => setViewer(() => found.Viewer),
        () => undefined,
      ),
    [],
  );
  if (Viewer === undefined || post.media[index] === undefined) return null;
  const onClose = (): void => navigate(`/@${post.author.username}/${post.post_id}`, { replace: true });
  return <Viewer slides={slidesOfPost(post)} index={index} onMove={setIndex} onClose={onClose} />;
}
