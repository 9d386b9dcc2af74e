/**
 * Where workers are apart from those who answer, and no store is shared, nobody delivers home timelines: they are read by SQL.
 * Then the group that would deliver is moved on, because the log keeps whatever a group has yet to handle.
 */
import { type EventLog, PARTITIONS } from '../ports/event-log/event-log.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import type { Home } from '../systems/feed/home/home.ts';
import { KEEPER_NAME } from './home-timelines.ts';
import { type JobsDeps, type RunningJobs, startJobs } from './jobs.ts';

export interface UndeliveredDeps {
  readonly ports: {
    readonly sql: Pick<SqlStore, 'hold'>;
    readonly eventLog: Pick<EventLog, 'seek'>;
  };
  readonly home: { readonly fanOut: Pick<Home['fanOut'], 'subscription'> };
}

const PASS_EVERY_MS = 10 * 60_000;

export function startPassing(deps: UndeliveredDeps & JobsDeps): RunningJobs {
  const run = async () => {
    await passUndelivered(deps);
    return 'done' as const;
  };
  return startJobs([{ name: 'pass-undelivered', everyMs: PASS_EVERY_MS, run }], deps);
}

/** Moves the group to the end of the log, unless somebody delivers. Whoever does so later begins with empty timelines. */
export async function passUndelivered({ ports, home }: UndeliveredDeps): Promise<void> {
  const { group, topics } = home.fanOut.subscription;
  const hold = await ports.sql.hold(KEEPER_NAME, () => undefined);
  try {
    if (hold.isHeld()) await ports.eventLog.seek(group, topics.flatMap(endsOf));
  } finally {
    await hold.release();
  }
}

function endsOf(topic: string) {
  return Array.from({ length: PARTITIONS }, (_, partition) => ({
    ...{ topic, partition },
    offset: Number.MAX_SAFE_INTEGER,
  }));
}
