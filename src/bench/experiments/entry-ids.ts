import { composeId, type Id } from '../../core/ids.ts';

/** New entries that are nowhere but in memory: each newer than the last, and than all there are. */
export function entryIdsFrom(fromMs: number): () => Id {
  let made = 0;
  return () => {
    made += 1;
    return composeId(fromMs + made, 0, 0);
  };
}
