/** The pictures of a post: one as it is, up to four side by side. Each leads to the viewer, which has its address. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../api/http.ts';
import type { Media, Post } from '../api/types.ts';
import { updatePost } from '../state/posts.ts';
import { showToast } from '../state/toasts.ts';
import { PhotoBox } from './photo-box.tsx';
import './photo-grid.css';
import type { ViewerProps } from './viewer.tsx';

/** Waits before the post is asked for again, while a picture of it is being processed. */
const LOOKS_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
const UNKNOWN_RATIO = 4 / 3;
/** A single one is never cropped, and never taller than this. */
const HEIGHT_MAX = '70dvh';
const WIDE = '(min-width: 700px) 540px, 100vw';
const HALF = '(min-width: 700px) 270px, 50vw';

export function PhotoGrid({ post }: { readonly post: Post }) {
  const { media } = post;
  const [open, setOpen] = useState<number>();
  const [Viewer, setViewer] = useState<ComponentType<ViewerProps>>();
  const refresh = useFreshMedia(post);

  async function view(index: number): Promise<void> {
    try {
      const found = await import('./viewer.tsx');
      setViewer(() => found.Viewer);
      setOpen(index);
    } catch {
      showToast({ text: 'The viewer could not be loaded. Try again.', tone: 'danger' });
    }
  }

  return (
    <>
      <ul class="photos" data-count={media.length}>
        {media.map((each, index) => (
          <li key={each.media_id}>
            <a
              class="photo"
              href={`/@${post.author.username}/${post.post_id}/photo/${index + 1}`}
              style={media.length === 1 ? sizeOf(each) : undefined}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                void view(index);
              }}
            >
              <PhotoBox
                media={each}
                alt={nameOf(each, index, media.length)}
                sizes={media.length === 1 ? WIDE : HALF}
                isEager={index === 0}
                isCropped={media.length > 1}
                onFailed={refresh}
              />
            </a>
          </li>
        ))}
      </ul>
      {Viewer !== undefined && open !== undefined && (
        <Viewer post={post} index={open} onMove={setOpen} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

function nameOf({ alt }: Media, index: number, count: number): string {
  const place = count === 1 ? 'Picture' : `Picture ${index + 1} of ${count}`;
  return alt === null ? `${place}, without a description` : `${place}: ${alt}`;
}

/** Its place is there before it is. */
function sizeOf({ width, height }: Media) {
  const ratio = width !== null && height !== null ? width / height : UNKNOWN_RATIO;
  return {
    aspectRatio: String(ratio),
    width: `min(100%, calc(${HEIGHT_MAX} * ${ratio}))`,
    ...(width !== null && { maxWidth: `${width}px` }),
  };
}

/** Asks again until no picture is being processed; what it returns asks once more, for an address that has expired. */
function useFreshMedia({ post_id: postId, media }: Post): () => void {
  const [looks, setLooks] = useState(0);
  const asked = useRef(false);
  const isProcessing = media.some(({ state }) => state === 'processing');

  async function look(): Promise<void> {
    const post = await get<Post>(`/posts/${postId}`).catch(() => undefined);
    if (post !== undefined) updatePost(postId, { media: post.media });
  }

  useEffect(() => {
    const waitMs = LOOKS_MS[looks];
    if (!isProcessing || waitMs === undefined) return;
    const timer = setTimeout(() => void look().then(() => setLooks(looks + 1)), waitMs);
    return () => clearTimeout(timer);
  }, [isProcessing, looks, postId]);
  return () => {
    if (asked.current) return;
    asked.current = true;
    void look();
  };
}
