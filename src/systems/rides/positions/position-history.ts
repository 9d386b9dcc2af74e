/** The history of where drivers were: what the worker does with what the recorders publish. */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { UNITS_PER_DEGREE } from './binary-points.ts';
import { deleteOldPositions, getLastPosition, insertPositions } from './position-history-queries.ts';
import { POSITIONS_TOPIC, positionsOf, type StoredPosition } from './position-records.ts';
import type { ReportedPoint } from './reported-point.ts';

const DAY_MS = 24 * 3_600_000;
const FORGET_EVERY_MS = 60_000;
/** Rows of one statement: some 20 ms. */
const DELETED_MAX = 2_000;
/** Events of up to some 800 positions each, in one transaction. */
const EVENTS_MAX = 16;
/** Under load, so much of them is written together. */
const GATHER_MS = 1_000;

export interface LastPosition {
  readonly sequence: number;
  readonly last: ReportedPoint;
}

/** `undefined`: nothing is kept of the driver. */
export async function lastPositionOf(session: SqlSession, driverId: Id): Promise<LastPosition | undefined> {
  const [row] = await session.query(getLastPosition, [driverId]);
  if (row === undefined) return undefined;
  const { lat_e7: lat, lng_e7: lng, accuracy_dm: accuracy, recorded_at: at, sequence } = row;
  return {
    sequence,
    last: {
      ...{ lat: lat / UNITS_PER_DEGREE, lng: lng / UNITS_PER_DEGREE },
      ...{ atMs: at.getTime(), accuracyM: accuracy / 10 },
    },
  };
}

export const positionHistory: Subscription = {
  ...{ group: 'driver-positions', topics: [POSITIONS_TOPIC], from: 'beginning' },
  ...{ batchMax: EVENTS_MAX, gatherMs: GATHER_MS },
  handle: insert,
};

async function insert(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
  const positions = events.flatMap(positionsOf);
  const column = (read: (position: StoredPosition) => number): number[] => positions.map(read);
  await transaction.query(insertPositions, [
    column(({ driverId }) => driverId),
    column(({ atMs }) => atMs),
    column(({ latE7 }) => latE7),
    column(({ lngE7 }) => lngE7),
    column(({ accuracyDm }) => accuracyDm),
    column(({ sequence }) => sequence),
  ]);
}

export function forgetPositionsJob(deps: {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly retentionDays: number;
}): Job {
  const { sql, clock, retentionDays } = deps;
  return {
    name: 'forget-driver-positions',
    everyMs: FORGET_EVERY_MS,
    async run() {
      const before = new Date(clock.nowMs() - retentionDays * DAY_MS);
      const [row] = await sql.query(deleteOldPositions, [before, DELETED_MAX]);
      return row?.deleted === DELETED_MAX ? 'more' : 'done';
    },
  };
}
