/** A picture in a place of its own size: blurred until it has come, and with a word where it does not. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { thumbHashToRGBA } from 'thumbhash';
import type { Media } from '../api/types.ts';
import './photo-box.css';

export interface PhotoBoxProps {
  readonly media: Media;
  /** What is said of it in its place. By default its description. */
  readonly alt?: string;
  /** How wide it is shown, as `sizes` of HTML has it. */
  readonly sizes: string;
  readonly isEager?: boolean;
  /** It fills its place, and what does not fit is cut off. */
  readonly isCropped?: boolean;
  /** It did not come: its address may have expired. */
  readonly onFailed?: (() => void) | undefined;
}

export function PhotoBox({
  media,
  alt = media.alt ?? '',
  sizes,
  isEager = false,
  isCropped = false,
  onFailed,
}: PhotoBoxProps) {
  const [hasCome, setCome] = useState(false);
  const { state, url, width, height, variants } = media;
  if (state !== 'ready' || url === null) {
    return (
      <span class="photo-box">
        <Blur thumbhash={media.thumbhash} />
        <span class="photo-word">
          {state === 'failed' ? 'This picture could not be processed.' : 'The picture is being processed…'}
        </span>
      </span>
    );
  }
  return (
    <span class="photo-box">
      {!hasCome && <Blur thumbhash={media.thumbhash} />}
      <img
        src={url}
        srcset={srcsetOf(variants)}
        sizes={sizes}
        width={width ?? undefined}
        height={height ?? undefined}
        alt={alt}
        loading={isEager ? 'eager' : 'lazy'}
        decoding="async"
        class={isCropped ? 'photo-cropped' : undefined}
        style={isCropped ? { objectPosition: positionOf(media) } : undefined}
        onLoad={() => setCome(true)}
        onError={onFailed}
      />
    </span>
  );
}

/** The square is another picture: it is left out. */
function srcsetOf(variants: Media['variants']): string | undefined {
  const shown = variants.filter(({ name }) => name !== '150');
  return shown.length === 0 ? undefined : shown.map(({ url, width }) => `${url} ${width}w`).join(', ');
}

/** From -1 (left, bottom) to 1, to shares from the left and the top. */
function positionOf({ focus }: Media): string {
  const [x, y] = focus ?? [0, 0];
  return `${(x + 1) * 50}% ${(1 - y) * 50}%`;
}

function Blur({ thumbhash }: { readonly thumbhash: string | null }): JSX.Element | null {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current === null || thumbhash === null) return;
    try {
      const { w, h, rgba } = thumbHashToRGBA(Uint8Array.from(atob(thumbhash), (char) => char.charCodeAt(0)));
      canvas.current.width = w;
      canvas.current.height = h;
      canvas.current.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
    } catch {
      // It stays grey.
    }
  }, [thumbhash]);
  return thumbhash === null ? null : <canvas ref={canvas} class="photo-blur" />;
}
