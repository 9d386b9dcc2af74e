/** Defects that an implementation could have, planted into the ports: the simulation has to find each of them. */
import type { Id } from '../../src/core/ids.ts';
import type { Delivery, TimelineStore } from '../../src/ports/timeline-store/timeline-store.ts';

export const FAULTS = [
  /** A timeline is taken for all that there is. */
  'no floor',
  /** A late batch gets into timelines that are younger than it. */
  'no generation check',
  /** Of the timeline and the heads that are merged with it, the lower floor is believed. */
  'floor of the wrong source',
  /** Of an author's many followers, some are passed over. */
  'lane that drops a page',
  /** A batch is committed before its deliveries are made, which a crash then loses. */
  'acknowledgement before effect',
] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultyStore {
  readonly store: TimelineStore;
  /** What was put off is made good now. */
  flush(): void;
  /** The worker died: what was put off is lost. */
  crash(): void;
}

export interface FaultDeps {
  readonly store: TimelineStore;
  readonly fault: Fault | undefined;
  /** Whether the reader merges heads with the timeline. */
  readonly pulls: (readerId: Id) => boolean;
  /** Whether a lane is being served. */
  readonly inLane: () => boolean;
}

/** One in so many pages of a lane is dropped. */
const DROPPED_PAGES = 3;

export function plantFault({ store, fault, pulls, inLane }: FaultDeps): FaultyStore {
  let pages = 0;
  let putOff: (() => void)[] = [];

  function atFloorZero(readerId: Id, page: Awaited<ReturnType<TimelineStore['read']>>) {
    if (page === undefined) return undefined;
    return fault === 'no floor' || pulls(readerId) ? { ...page, floor: 0 } : page;
  }

  async function read(readerId: Id, before: Id, limit: number) {
    return atFloorZero(readerId, await store.read(readerId, before, limit));
  }

  function dropPages(deliveries: readonly Delivery[], generation: number) {
    if (inLane()) pages += 1;
    return inLane() && pages % DROPPED_PAGES === 0 ? 0 : store.deliver(deliveries, generation);
  }

  function putOffDelivery(deliveries: readonly Delivery[], generation: number): number {
    putOff.push(() => void store.deliver(deliveries, generation));
    return 0;
  }

  const changes: Readonly<Record<Fault, Partial<TimelineStore>>> = {
    'no floor': { read },
    'floor of the wrong source': { read },
    'no generation check': {
      deliver: (deliveries) => store.deliver(deliveries, Number.POSITIVE_INFINITY),
    },
    'lane that drops a page': { deliver: dropPages },
    'acknowledgement before effect': { deliver: putOffDelivery },
  };
  return {
    store: fault === undefined ? store : { ...store, ...changes[fault] },
    flush() {
      for (const deliver of putOff.splice(0)) deliver();
    },
    crash() {
      putOff = [];
    },
  };
}
