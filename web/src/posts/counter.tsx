/** How much room is left, as a reader counts characters: a ring from four fifths on, and words for who hears it. */
import { useEffect } from 'preact/hooks';
import { announce } from '../state/announcer.ts';

/** As the server has it. */
export const TEXT_GRAPHEMES_MAX = 280;
const SHOWN_FROM = TEXT_GRAPHEMES_MAX * 0.8;
const SPOKEN: ReadonlySet<number> = new Set([50, 20, 0]);
const RADIUS = 10;
const LENGTH = 2 * Math.PI * RADIUS;

const segmenter = new Intl.Segmenter();

export function graphemesOf(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text.trim())) count += 1;
  return count;
}

export function Counter({ length }: { readonly length: number }) {
  const left = TEXT_GRAPHEMES_MAX - length;
  useEffect(() => {
    if (SPOKEN.has(left)) announce(`${left} characters left`);
    else if (left === -1) announce('The text is too long');
  }, [left]);
  if (length < SHOWN_FROM) return null;
  const tone = left < 0 ? 'counter counter-over' : 'counter';
  return (
    <span class={tone}>
      <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r={RADIUS} class="counter-track" />
        <circle
          cx="12"
          cy="12"
          r={RADIUS}
          class="counter-used"
          stroke-dasharray={`${Math.min(length / TEXT_GRAPHEMES_MAX, 1) * LENGTH} ${LENGTH}`}
          transform="rotate(-90 12 12)"
        />
      </svg>
      <span class="figures">{left}</span>
      <span class="unseen">{left < 0 ? 'characters too many' : 'characters left'}</span>
    </span>
  );
}
