/**
 * Who can be reached. A driver has one connection, the last that was opened. When it ends, the driver has CONTACT_GRACE_MS
 * to come back; after that, whatever they were doing waits while they are `non_contactable`. The same happens to all
 * drivers of a process that dies: it says every second that it is there, and workers notice when it does not.
 */
import type { Id } from '../../../core/ids.ts';
import type { Job } from '../../../core/job.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { type Coalescer, createCoalescer } from '../../../resilience/coalesce.ts';
import type { Driver } from './driver.ts';
import {
  anyServerSeen,
  claimDeadServer,
  connectDriver,
  deleteServer,
  disconnectDrivers,
  loseDrivers,
  releaseDriversOf,
  seeServer,
} from './driver-contacts-queries.ts';
import { driverEvent } from './driver-events.ts';
import { driverOf } from './driver-rows.ts';
import { noDriver } from './drivers.ts';

/** A tunnel, or another mast. */
export const CONTACT_GRACE_MS = 30_000;
/** A little less than the beat of the streams, so that none is left out. */
export const SERVER_SEEN_EVERY_MS = 900;
/** Some times not seen: its drivers are offered nothing until it is seen again, for nobody may be told of an offer. */
export const SERVER_SUSPECT_MS = 3_000;
/** It is dead, and its drivers are lost. */
export const SERVER_SILENT_MS = 15_000;
const LOOK_EVERY_MS = 5_000;
/** Drivers in one statement: some 20 ms. */
const DRIVERS_MAX = 500;
/** All connections of a process may end at once. */
const DISCONNECTS_WAITING_MAX = 100_000;

interface Ended {
  readonly driverId: Id;
  readonly connection: number;
}

export interface DriverContacts {
  /** The driver has a new connection, in place of any other, and its number. Fails with `not_found` for who is no driver. */
  connect(driverId: Id): Promise<{ readonly driver: Driver; readonly connection: number }>;
  /** The connection has ended, if it is still the driver's; 0: it is not known whether there was one. */
  disconnect(driverId: Id, connection: number): Promise<void>;
  /** This process is alive. Answers false if others took it for dead, and its connections for lost. */
  see(): Promise<boolean>;
  /** Whether any process has connections, or had some seconds ago. */
  any(): Promise<boolean>;
  /** This process has no connections any more. */
  leave(): Promise<void>;
  readonly jobs: readonly Job[];
}

export interface DriverContactsDeps {
  readonly sql: SqlStore;
  readonly eventLog: Pick<EventLog, 'append'>;
  /** Of this run of the process. */
  readonly serverId: string;
  readonly contactGraceMs?: number | undefined;
  readonly serverSilentMs?: number | undefined;
}

export function createDriverContacts(deps: DriverContactsDeps): DriverContacts {
  const { sql, eventLog, serverId, serverSilentMs = SERVER_SILENT_MS } = deps;
  const disconnects = createDisconnects(sql, serverId);

  return {
    async connect(driverId) {
      return sql.transaction(async (transaction) => {
        const [row] = await transaction.query(connectDriver, [driverId, serverId]);
        if (row === undefined) throw noDriver();
        const restored = row.restored ? [driverEvent('state_changed', row)] : [];
        await eventLog.append(transaction, [...restored, driverEvent('connected', row)]);
        return { driver: driverOf(row), connection: row.connection };
      });
    },

    disconnect: (driverId, connection) => disconnects.submit({ driverId, connection }),

    async see() {
      const [row] = await sql.query(seeServer, [serverId]);
      return row?.fresh === false;
    },

    async any() {
      const [row] = await sql.query(anyServerSeen, [serverSilentMs / 1_000]);
      return row?.seen === true;
    },

    async leave() {
      await sql.query(deleteServer, [serverId]);
    },

    jobs: [
      { name: 'lose-drivers', everyMs: LOOK_EVERY_MS, run: () => lose(deps) },
      { name: 'bury-driver-servers', everyMs: LOOK_EVERY_MS, run: () => bury(deps) },
    ],
  };
}

/** Those that end at the same time in one statement. */
function createDisconnects(sql: SqlStore, serverId: string): Coalescer<Ended, undefined> {
  return createCoalescer({
    batchMax: DRIVERS_MAX,
    concurrentBatchesMax: 1,
    queueMax: DISCONNECTS_WAITING_MAX,
    async run(ended) {
      // In the same order everywhere, so that no two statements wait for each other.
      const sorted = ended.toSorted((one, other) => one.driverId - other.driverId);
      await sql.query(disconnectDrivers, [
        sorted.map(({ driverId }) => driverId),
        sorted.map(({ connection }) => connection),
        serverId,
      ]);
      return ended.map(() => ({ ok: true, value: undefined }));
    },
  });
}

async function lose(deps: DriverContactsDeps): Promise<'more' | 'done'> {
  const { sql, eventLog, contactGraceMs = CONTACT_GRACE_MS } = deps;
  return sql.transaction(async (transaction) => {
    const rows = await transaction.query(loseDrivers, [contactGraceMs / 1_000, DRIVERS_MAX]);
    if (rows.length > 0) {
      await eventLog.append(
        transaction,
        rows.map((row) => driverEvent('state_changed', row)),
      );
    }
    return rows.length === DRIVERS_MAX ? 'more' : 'done';
  });
}

/** Some drivers of a dead process at a time, and then its row. */
async function bury({
  sql,
  serverSilentMs = SERVER_SILENT_MS,
}: DriverContactsDeps): Promise<'more' | 'done'> {
  return sql.transaction(async (transaction) => {
    const [dead] = await transaction.query(claimDeadServer, [serverSilentMs / 1_000]);
    if (dead === undefined) return 'done';
    const released = await transaction.query(releaseDriversOf, [dead.server_id, DRIVERS_MAX]);
    if (released.length < DRIVERS_MAX) await transaction.query(deleteServer, [dead.server_id]);
    return 'more';
  });
}
