/** One picture at a time, as large as the window, with what is said of it. Fingers, keys and buttons leaf on and enlarge. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Time } from '../ui/time.tsx';
import { PhotoBox } from './photo-box.tsx';
import { Talk } from './photo-talk.tsx';
import type { Slide } from './slides.ts';
import { useZoom } from './use-zoom.ts';
import './viewer.css';

export interface ViewerProps {
  readonly slides: readonly Slide[];
  /** Of the picture, from 0. */
  readonly index: number;
  /** More will come. */
  readonly isOpenEnded?: boolean;
  readonly onMove: (index: number) => void;
  readonly onClose: () => void;
}

export function Viewer({ slides, index, isOpenEnded = false, onMove, onClose }: ViewerProps) {
  const [isTalking, setTalking] = useState(false);
  const [isBare, setBare] = useState(false);
  const last = slides.length - 1;
  const shown = slides[index];
  const dialog = useModal();
  const { stage, zoom, toggle } = useZoom(shown?.media.media_id ?? '', {
    onSwipe: (step) => move(index + step),
    onPull: onClose,
  });
  useNeighbours(slides, index);
  if (shown === undefined) return null;
  const { media, author } = shown;
  const place = isOpenEnded ? `Picture ${index + 1}` : `Picture ${index + 1} of ${slides.length}`;

  function move(to: number): void {
    if (to >= 0 && to <= last && to !== index) onMove(to);
  }

  function press(event: KeyboardEvent): void {
    if (isInField(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) move(to);
    else if (event.key === 'z') toggle();
    else if (event.key === 'i') setBare(!isBare);
    else if (event.key === 'l') like(dialog.current);
    else return;
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      class={isBare ? 'viewer viewer-bare' : isTalking ? 'viewer viewer-talking' : 'viewer'}
      aria-label={`${place}, by ${author.display_name}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={press}
    >
      <header class="viewer-head">
        <IconButton icon="close" label="Close" onClick={onClose} />
        <p class="viewer-place figures" aria-live="polite">
          {last > 0 && (isOpenEnded ? index + 1 : `${index + 1} of ${slides.length}`)}
        </p>
        <IconButton
          icon={zoom.scale > 1 ? 'smaller' : 'larger'}
          label={zoom.scale > 1 ? 'Show the whole picture' : 'Enlarge'}
          onClick={toggle}
        />
        {media.url !== null && media.state === 'ready' && (
          <a class="icon-button" href={media.url} download aria-label="Download" title="Download">
            <Icon name="download" />
          </a>
        )}
        <IconButton
          icon="eye"
          label={isBare ? 'Show the words' : 'Hide the words'}
          aria-pressed={isBare}
          onClick={() => setBare(!isBare)}
        />
      </header>
      <div class="viewer-stage" ref={stage}>
        <div
          class="viewer-photo"
          style={{ transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}
        >
          <PhotoBox key={media.media_id} media={media} sizes={`${Math.ceil(zoom.scale) * 100}vw`} isEager />
        </div>
      </div>
      {last > 0 && (
        <div class="viewer-ways">
          <IconButton
            icon="back"
            label="Previous picture"
            aria-disabled={index === 0}
            onClick={() => move(index - 1)}
          />
          <IconButton
            icon="next"
            label="Next picture"
            aria-disabled={index === last}
            onClick={() => move(index + 1)}
          />
        </div>
      )}
      <footer class="viewer-foot">
        <p class="viewer-by">
          <a class="viewer-author" href={`/@${author.username}`}>
            <Avatar user={author} size={32} />
            <bdi>{author.display_name}</bdi>
          </a>
          <a class="muted small" href={`/@${author.username}/${shown.postId}`}>
            <Time at={shown.createdAt} />
          </a>
        </p>
        {shown.text !== '' && (
          <p class="viewer-text" dir="auto">
            {shown.text}
          </p>
        )}
        {media.alt === null ? (
          <p class="muted small">No description.</p>
        ) : (
          <p class="small" dir="auto">
            <span class="viewer-alt">ALT</span> {media.alt}
          </p>
        )}
        <Talk
          key={shown.postId}
          postId={shown.postId}
          isOpen={isTalking}
          onToggle={() => setTalking(!isTalking)}
        />
      </footer>
    </dialog>
  );
}

/** A dialog of the browser's own; the focus goes back to where it was. */
function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  return dialog;
}

/** They come before they are asked for. */
function useNeighbours(slides: readonly Slide[], index: number): void {
  useEffect(() => {
    for (const neighbour of [slides[index - 1]?.media, slides[index + 1]?.media])
      if (neighbour?.state === 'ready' && neighbour.url !== null) new Image().src = neighbour.url;
  }, [slides, index]);
}

function isInField({ target }: KeyboardEvent): boolean {
  return (target as HTMLElement).closest('input, textarea') !== null;
}

function like(dialog: HTMLDialogElement | null): void {
  dialog?.querySelector<HTMLButtonElement>('.post-actions [aria-label^="Like"]')?.click();
}
