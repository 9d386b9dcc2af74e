/** The shared timeline-store as reads see it: that it is away is told from every other failure, because SQL answers then. */
import { hasCode } from '../../../core/errors.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { TimelineStore } from '../../../ports/timeline-store/timeline-store.ts';

/** `cause` says why. Not for callers of this system. */
export class TimelinesAway extends Error {
  override readonly name = 'TimelinesAway';
}

export function tellWhenAway(store: TimelineStore): TimelineStore {
  return {
    ...store,
    read: (...page) => told(() => store.read(...page)),
    begin: (readerId) => told(() => store.begin(readerId)),
    complete: (...build) => told(() => store.complete(...build)),
  };
}

async function told<Value>(call: () => MaybePromise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (!hasCode(error, 'unavailable') && !hasCode(error, 'timeout')) throw error;
    throw new TimelinesAway('The timeline store is away.', { cause: error });
  }
}
