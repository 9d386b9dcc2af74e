/**
 * Whether cached timelines count at all: not those of a shared store that were there before timelines were kept in memory for a
 * while, or before something was loaded without being delivered, or that are of another database. Timelines in memory live and
 * die with their process, which begins an epoch for them, so that what is left in a shared store is void.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Job } from '../../../core/job.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { BULK_LOADS_TOPIC } from '../bulk-loads.ts';
import type { HeardEvent } from './reader-views.ts';
import {
  enterTimelineEpoch,
  getTimelineEpoch,
  renewTimelineEpoch,
  type TimelineEpochRow,
  type TimelinesKeptIn,
} from './timeline-epoch-queries.ts';

export interface TimelineEpoch {
  /** This process keeps timelines from now on. Takes some seconds where others kept them elsewhere until now. */
  enter(): Promise<void>;
  /** The epoch is known, and timelines are kept where this process keeps them. */
  isCurrent(): boolean;
  /** Somebody else keeps them, and elsewhere: what is delivered by this process, they lack. */
  isElsewhere(): boolean;
  /** The epoch as it is known now. */
  now(): Epoch;
  /** Of the topic `bulk_loads`. */
  hear(events: readonly HeardEvent[]): void;
  /** For every process that has entered: notices whoever keeps timelines elsewhere, which is a mistake of the operator. */
  readonly job: Job;
}

export interface Epoch {
  /** A number for `sources` of a timeline: by whom its reader follows, and by the epoch. Never 0. */
  sourcesOf(followsStamp: number): number;
}

const LOOK_EVERY_MS = 5_000;
/** By then whoever keeps timelines elsewhere has noticed, and delivers no more. */
const NOTICED_MS = LOOK_EVERY_MS + 2_000;
const RETRY_AFTER_MS = 100;
/** Of a stamp: sums with an epoch stay safe integers. */
const SOURCES_LIMIT = 2 ** 52;

export function createTimelineEpoch(deps: {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly keptIn: TimelinesKeptIn;
  readonly log?: Pick<Log, 'error'>;
}): TimelineEpoch {
  const { sql, clock, keptIn, log } = deps;
  let row: TimelineEpochRow | undefined;
  /** Numbers of the looks at the row: the last one begun, the one that `row` is from, and the first that will do. */
  let [begun, answered, wanted] = [0, 0, 0];
  let isLooking = false;
  // What is in memory is dropped by itself when an epoch ends.
  let epoch = epochOf(0);

  async function look(read: () => Promise<readonly TimelineEpochRow[]>): Promise<void> {
    begun += 1;
    const number = begun;
    const [found] = await read();
    if (number <= answered) return;
    answered = number;
    const wasCurrent = row?.kept_in === keptIn;
    row = found;
    if (keptIn === 'shared') epoch = epochOf(found?.epoch ?? 0);
    if (wasCurrent && row?.kept_in !== keptIn) {
      log?.error(
        'another process of this database keeps home timelines elsewhere: give all the same GROUNDSWELL_TIMELINES_URL',
      );
    }
  }

  async function enter(): Promise<void> {
    let was: TimelinesKeptIn | null = null;
    await look(async () => {
      const rows = await sql.query(enterTimelineEpoch, [keptIn]);
      was = rows[0]?.was_kept_in ?? null;
      return rows;
    });
    if (was === null || was === keptIn) return;
    await clock.sleep(NOTICED_MS);
    // What was built meanwhile may lack what others took for theirs to deliver.
    await sql.query(renewTimelineEpoch, []);
    await look(() => sql.query(getTimelineEpoch, []));
  }

  async function lookUntilKnown(): Promise<void> {
    isLooking = true;
    while (answered < wanted) {
      await look(() => sql.query(getTimelineEpoch, [])).catch(() => clock.sleep(RETRY_AFTER_MS));
    }
    isLooking = false;
  }

  return {
    enter,
    isCurrent: () => row?.kept_in === keptIn && answered >= wanted,
    isElsewhere: () => row !== undefined && row.kept_in !== keptIn,
    now: () => epoch,

    hear(events) {
      if (keptIn === 'memory' || row === undefined) return;
      if (!events.some(({ topic }) => topic === BULK_LOADS_TOPIC)) return;
      wanted = begun + 1;
      if (!isLooking) void lookUntilKnown();
    },

    job: {
      name: 'watch-timeline-epoch',
      everyMs: LOOK_EVERY_MS,
      async run() {
        if (row !== undefined) await look(() => sql.query(getTimelineEpoch, []));
        return 'done';
      },
    },
  };
}

/** The `sources` of a timeline of which the store was told none. */
const UNTOLD = 0;

/** Whether a cached timeline is of these follows, and of this epoch. */
export function isTimelineOf(
  sources: number,
  followsStamp: number,
  timelineEpoch: Pick<TimelineEpoch, 'now'>,
): boolean {
  return sources === UNTOLD || sources === timelineEpoch.now().sourcesOf(followsStamp);
}

function epochOf(epoch: number): Epoch {
  return { sourcesOf: (followsStamp) => ((followsStamp + epoch) % SOURCES_LIMIT) + 1 };
}
