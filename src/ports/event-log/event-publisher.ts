/** Events that belong to no transaction of their caller: those of concurrent callers go in one of their own. */
import { assert } from '../../core/errors.ts';
import { createCoalescer } from '../../resilience/coalesce.ts';
import { columnsOf, type EventColumns, joinColumns } from './event-columns.ts';
import { type NewEvent, PUBLISH_EVENTS_MAX, PUBLISHES_WAITING_MAX } from './event-log.ts';

/** So that one transaction carries some 50 MB at the very most. */
const PUBLISHES_PER_TRANSACTION = 8;

export type Publish = (events: readonly NewEvent[]) => Promise<void>;

interface Publishing {
  readonly events: readonly NewEvent[];
  readonly columns: EventColumns;
}

/** `add` adds all or none of the events, in their order; it is called for one batch at a time, which keeps that of the callers. */
export function createEventPublisher(
  add: (columns: EventColumns, events: () => readonly NewEvent[]) => Promise<void>,
): Publish {
  const coalescer = createCoalescer<Publishing, undefined>({
    batchMax: PUBLISHES_PER_TRANSACTION,
    concurrentBatchesMax: 1,
    queueMax: PUBLISHES_WAITING_MAX,
    async run(batch) {
      await add(joinColumns(batch.map(({ columns }) => columns)), () =>
        batch.flatMap(({ events }) => events),
      );
      return batch.map(() => ({ ok: true, value: undefined }));
    },
  });
  return async (events) => {
    assert(events.length <= PUBLISH_EVENTS_MAX, `${events.length} events are too many for one publish`);
    // Here, so that an event which may not be added fails its own publisher, and not those of the same batch.
    if (events.length > 0) await coalescer.submit({ events, columns: columnsOf(events, undefined) });
  };
}
