/** The pictures of a post: one as it is, up to four side by side. Each leads to the viewer, which has its address. */
import { get } from '../api/http.ts';
import type { Media, Post } from '../api/types.ts';
import { updatePost } from '../state/posts.ts';
import { PhotoBox } from './photo-box.tsx';
import './photo-grid.css';
import { slidesOfPost } from './slides.ts';
import { useFresh } from './use-fresh.ts';
import { isPlainClick, useViewer } from './use-viewer.tsx';

const UNKNOWN_RATIO = 4 / 3;
/** A single one is never cropped, and never taller than this. */
const HEIGHT_MAX = '70dvh';
const WIDE = '(min-width: 700px) 540px, 100vw';
const HALF = '(min-width: 700px) 270px, 50vw';

export function PhotoGrid({ post }: { readonly post: Post }) {
  const { media } = post;
  const { open, viewer } = useViewer({ slides: slidesOfPost(post) });
  const refresh = useFresh({
    isProcessing: media.some(({ state }) => state === 'processing'),
    look: () => look(post.post_id),
  });

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
                if (!isPlainClick(event)) return;
                event.preventDefault();
                open(index);
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
      {viewer}
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

async function look(postId: string): Promise<void> {
  const post = await get<Post>(`/posts/${postId}`).catch(() => undefined);
  if (post !== undefined) updatePost(postId, { media: post.media });
}
