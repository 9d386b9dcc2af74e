/** What of the map is seen, as the API wants it, once it has come to rest. */
import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { boxSeen, type Size, type View } from '../../rides/map/mercator.ts';

/** The API answers for 2 degrees at most. */
const REACH_DEGREES = 0.999;
const AT_REST_MS = 300;
/** Ten metres. */
const DIGITS = 4;

/** `undefined` until the map shows anything. */
export function useSeenPart(
  view: ReadonlySignal<View | undefined>,
  size: ReadonlySignal<Size>,
): string | undefined {
  const part = useSignal<string | undefined>(undefined);
  useSignalEffect(() => {
    const seen = view.value;
    const { width, height } = size.value;
    if (seen === undefined || width === 0) return undefined;
    const timer = setTimeout(
      () => {
        const { west, south, east, north } = boxSeen(seen, { width, height }, REACH_DEGREES);
        part.value = [west, south, east, north].map((degrees) => degrees.toFixed(DIGITS)).join();
      },
      part.peek() === undefined ? 0 : AT_REST_MS,
    );
    return () => clearTimeout(timer);
  });
  return part.value;
}
