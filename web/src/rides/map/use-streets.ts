/** The streets below a map: of a box somewhat larger than what is seen, so that a map that is moved a little has them already. */
import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Streets } from '../../api/types.ts';
import { type Box, boxSeen, type Size, type View } from './mercator.ts';
import { layStreets, type StreetSheet } from './street-drawing.ts';

/** As the server has it, to each side. */
const DEGREES_MAX = 2;
/** A hand that moves the map is not done before. */
const PAUSE_MS = 150;

/** What was there stays until what is asked for has come. `undefined`: none yet, or too much is seen. */
export function useStreets(
  view: ReadonlySignal<View | undefined>,
  size: ReadonlySignal<Size>,
): StreetSheet | undefined {
  const [sheet, setSheet] = useState<StreetSheet>();
  // As text: it changes when another box is meant, not with every movement.
  const bbox = useComputed(() => bboxAround(view.value, size.value)).value;
  useEffect(() => {
    if (bbox === undefined) return undefined;
    const ended = new AbortController();
    const timer = setTimeout(() => {
      get<Streets>('/rides/streets', { query: { bbox }, signal: ended.signal })
        .then((streets) => setSheet(layStreets(streets)))
        // A map without streets is one all the same.
        .catch(() => undefined);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [bbox]);
  return bbox === undefined ? undefined : sheet;
}

/** To what is seen, where the box would be too large with fewer. */
const STEPS_MAX = 16;

/** On a grid of powers of two, so that whoever comes back to a place asks for the same box, which the browser has. */
function bboxAround(view: View | undefined, size: Size): string | undefined {
  if (view === undefined || size.width === 0) return undefined;
  const { south, west, north, east } = boxSeen(view, size, DEGREES_MAX);
  const span = Math.max(north - south, east - west);
  if (east <= west || span > DEGREES_MAX) return undefined;
  for (let step = 2 ** Math.ceil(Math.log2(span / 2)); step >= span / STEPS_MAX; step /= 2) {
    const box: Box = {
      ...{ south: Math.max(-90, step * Math.floor(south / step)), west: step * Math.floor(west / step) },
      ...{ north: Math.min(90, step * Math.ceil(north / step)), east: step * Math.ceil(east / step) },
    };
    if (Math.max(box.north - box.south, box.east - box.west) <= DEGREES_MAX) {
      return [box.west, box.south, box.east, box.north].join();
    }
  }
  return undefined;
}
