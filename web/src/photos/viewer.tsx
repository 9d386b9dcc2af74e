/** One picture of a post at a time, as large as the window, with what is said of it. */
import { useEffect, useRef } from 'preact/hooks';
import type { Post } from '../api/types.ts';
import { IconButton } from '../ui/button.tsx';
import { PhotoBox } from './photo-box.tsx';
import './viewer.css';

export interface ViewerProps {
  readonly post: Post;
  /** Of the picture, from 0. */
  readonly index: number;
  readonly onMove: (index: number) => void;
  readonly onClose: () => void;
}

export function Viewer({ post, index, onMove, onClose }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { media, author } = post;
  const last = media.length - 1;
  const shown = media[index];
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  // The neighbours come before they are asked for.
  useEffect(() => {
    for (const neighbour of [media[index - 1], media[index + 1]])
      if (neighbour?.state === 'ready' && neighbour.url !== null) new Image().src = neighbour.url;
  }, [index]);
  if (shown === undefined) return null;

  function move(to: number): void {
    if (to >= 0 && to <= last && to !== index) onMove(to);
  }

  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={`Picture ${index + 1} of ${media.length}, by ${author.display_name}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        move(to);
      }}
    >
      <header class="viewer-head">
        <IconButton icon="close" label="Close" onClick={onClose} />
        {last > 0 && (
          <p aria-live="polite">
            {index + 1} of {media.length}
          </p>
        )}
      </header>
      <div class="viewer-stage">
        {last > 0 && (
          <IconButton
            icon="back"
            label="Previous picture"
            aria-disabled={index === 0}
            onClick={() => move(index - 1)}
          />
        )}
        <div class="viewer-photo">
          <PhotoBox key={shown.media_id} media={shown} sizes="100vw" isEager />
        </div>
        {last > 0 && (
          <IconButton
            icon="next"
            label="Next picture"
            aria-disabled={index === last}
            onClick={() => move(index + 1)}
          />
        )}
      </div>
      <footer class="viewer-foot">
        {shown.alt === null ? <p class="muted small">No description.</p> : <p dir="auto">{shown.alt}</p>}
        <p class="muted small" dir="auto">
          <bdi>{author.display_name}</bdi>
          {post.text !== '' && (post.content_warning ?? '') === '' && `: ${post.text}`}
        </p>
      </footer>
    </dialog>
  );
}
