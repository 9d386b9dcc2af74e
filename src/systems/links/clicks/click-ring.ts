/** Clicks that wait to be published, oldest first, in a fixed number of places. */
import { assert } from '../../../core/errors.ts';
import type { Click } from './click-recorder.ts';

export interface ClickRing {
  readonly size: number;
  /** Whether there was a place. */
  push(click: Click): boolean;
  /** The oldest ones, at most `count`, which it holds no longer. */
  take(count: number): Click[];
}

export function createClickRing(places: number): ClickRing {
  assert(places >= 1, 'a ring has a place');
  const clicks = new Array<Click | undefined>(places);
  let first = 0;
  let size = 0;
  return {
    get size() {
      return size;
    },
    push(click) {
      if (size === places) return false;
      clicks[(first + size) % places] = click;
      size += 1;
      return true;
    },
    take(count) {
      const taken: Click[] = [];
      while (taken.length < count && size > 0) {
        const click = clicks[first];
        assert(click !== undefined, 'a place that counts is taken');
        taken.push(click);
        clicks[first] = undefined;
        first = (first + 1) % places;
        size -= 1;
      }
      return taken;
    },
  };
}
