import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import fc from 'fast-check';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { createIdGenerator, idTimeMs } from '../../core/ids.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import type { IdWriters } from './id-writers.ts';
import { createPostgresIdWriters } from './postgres-id-writers.ts';
import { LEASE_MS, openWriterLease, RENEW_EVERY_MS } from './writer-lease.ts';

const log = createLog({ level: 'silent', pretty: false });

describeOnPostgres('openWriterLease', (engine) => {
  let database: EngineDatabase;
  let sqlStore: SqlStore;
  let idWriters: IdWriters;
  before(async () => {
    database = await engine.createDatabase();
    sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    idWriters = createPostgresIdWriters(sqlStore);
  });
  after(async () => {
    await sqlStore.close();
    await database.drop();
  });
  beforeEach(() => allowWriters(2));

  /** Leaves so few writers that they change hands all the time. */
  const allowWriters = (count: number) =>
    database.run(
      `UPDATE id_writers SET holder = NULL, high_water_ms = 0,
         lease_until = CASE WHEN writer < ${count} THEN '-infinity' ELSE 'infinity' END::timestamptz`,
    );
  /** As if the leases had run out by the clock of the server, however early. */
  const expireAll = () =>
    database.run("UPDATE id_writers SET lease_until = '-infinity' WHERE lease_until <> 'infinity'");

  /** `rate`: how fast its monotonic clock runs, compared with the other one. */
  async function openProcess({ rate = 1 } = {}) {
    const manual = createManualClock();
    let steppedMs = 0;
    const monotonicMs = () => manual.monotonicMs() * rate;
    const clock: Clock = { ...manual, monotonicMs, nowMs: () => manual.nowMs() + steppedMs };
    const lease = await openWriterLease({ idWriters, clock, randomness: systemRandomness, log });
    const ids = createIdGenerator(() => lease.current(), clock);
    return {
      ids,
      lease,
      /** Time passes, and what it wakes has run. */
      async advance(durationMs: number) {
        await manual.advance(durationMs);
        await until(() => manual.sleepers() === 1);
      },
      freeze: (durationMs: number) => manual.skip(durationMs),
      setClock(stepMs: number) {
        steppedMs += stepMs;
      },
    };
  }

  type Process = Awaited<ReturnType<typeof openProcess>>;
  const refused = (error: unknown) => hasCode(error, 'unavailable') && error.outcome === 'not_applied';

  it('never gives one writer to two processes', async () => {
    const [alice, bob] = await Promise.all([openProcess(), openProcess()]);
    assert.notEqual(alice.lease.current()?.writer, bob.lease.current()?.writer);
    await assert.rejects(openProcess(), refused);
    await Promise.all([alice.lease.close(), bob.lease.close()]);
  });

  it('renews in time, so that ids never stop', async () => {
    const alice = await openProcess();
    const writer = alice.lease.current()?.writer;
    for (let round = 0; round < 10; round += 1) {
      await alice.advance(RENEW_EVERY_MS);
      alice.ids.next();
    }
    assert.equal(alice.lease.current()?.writer, writer);
    await alice.lease.close();
  });

  it('makes no id in a process that was frozen beyond its lease, until that is renewed', async () => {
    const alice = await openProcess();
    alice.ids.next();
    alice.freeze(LEASE_MS);
    assert.throws(() => alice.ids.next(), refused);
    await alice.advance(0);
    alice.ids.next();
    await alice.lease.close();
  });

  it('takes another writer when its own was lost while it was frozen', async () => {
    const alice = await openProcess();
    const lost = alice.lease.current()?.writer;
    alice.freeze(LEASE_MS);
    await expireAll();
    const others = [await openProcess(), await openProcess()];
    assert(others.some(({ lease }) => lease.current()?.writer === lost));
    assert.throws(() => alice.ids.next(), refused);
    await others[0]?.lease.close();
    await alice.advance(0);
    assert.notEqual(alice.lease.current(), undefined);
    await Promise.all([alice, ...others].map(({ lease }) => lease.close()));
  });

  it('makes no id after it was closed, and leaves its writer to others at once', async () => {
    await allowWriters(1);
    const alice = await openProcess();
    const last = alice.ids.next();
    await alice.lease.close();
    await alice.lease.close();
    assert.throws(() => alice.ids.next(), refused);
    const bob = await openProcess();
    bob.freeze(5_000);
    assert(bob.ids.next() > last);
    await bob.lease.close();
  });

  it('renews at once when the wall clock was set forward, and goes on', async () => {
    const alice = await openProcess();
    const before = alice.ids.next();
    alice.setClock(3_600_000);
    assert.throws(() => alice.ids.next(), refused);
    await alice.advance(0);
    assert(idTimeMs(alice.ids.next()) >= idTimeMs(before) + 3_600_000);
    await alice.lease.close();
  });

  it('goes on above the last id when the wall clock is set back, also when the lease is renewed meanwhile', async () => {
    // So that its times have fractions, as in reality.
    const alice = await openProcess({ rate: 1.000_001 });
    let last = alice.ids.next();
    alice.setClock(-90_000);
    for (let round = 0; round < 12; round += 1) {
      for (let made = 0; made < 20; made += 1) {
        const id = alice.ids.next();
        assert(id > last);
        last = id;
      }
      await alice.advance(RENEW_EVERY_MS);
    }
    alice.ids.next();
    await alice.lease.close();
  });

  it('goes on trying when the store fails, and makes no id past its lease meanwhile', async () => {
    const alice = await openProcess();
    await database.run('ALTER TABLE id_writers RENAME TO id_writers_away');
    await alice.advance(RENEW_EVERY_MS);
    alice.ids.next();
    await alice.advance(LEASE_MS);
    assert.throws(() => alice.ids.next(), refused);
    await database.run('ALTER TABLE id_writers_away RENAME TO id_writers');
    await alice.advance(1_000);
    alice.ids.next();
    await alice.lease.close();
  });

  it('gives every lease a range of ids of its own, however clocks step, processes freeze and writers change hands', async () => {
    const who = fc.nat({ max: 2 });
    const durationMs = fc.constantFrom(1, 900, 4_000, 9_999, 10_000, 31_000);
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('ids'), who, count: fc.integer({ min: 1, max: 40 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance'), who, durationMs }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('freeze'), who, durationMs }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire'), who }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart'), who }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('set clock'),
          who,
          durationMs: fc.constantFrom(-60_000, -3_000, 3_000, 60_000),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
        await allowWriters(3);
        const processes = [await openProcess(), await openProcess(), await openProcess()];
        const ranges: LeaseRange[] = [];
        for (const step of actions) {
          const actor = processes[step.who];
          assert(actor !== undefined);
          if (step.kind === 'ids' && 'count' in step) makeIds(actor, step.count, ranges);
          else if (step.kind === 'expire') await expireAll();
          else if (step.kind === 'restart') {
            await actor.lease.close();
            const next = await openProcess().catch(() => undefined);
            if (next !== undefined) processes[step.who] = next;
          } else if ('durationMs' in step) {
            if (step.kind === 'advance') await actor.advance(step.durationMs);
            if (step.kind === 'freeze') actor.freeze(step.durationMs);
            if (step.kind === 'set clock') actor.setClock(step.durationMs);
          }
        }
        await Promise.all(processes.map(({ lease }) => lease.close()));
      }),
      { numRuns: 40 },
    );
  });

  /** Makes ids in `actor` and checks that no other lease of its writer has made one among them. */
  function makeIds(actor: Process, count: number, ranges: LeaseRange[]): void {
    for (let made = 0; made < count; made += 1) {
      const lease = actor.lease.current();
      let id: number;
      try {
        id = actor.ids.next();
      } catch (error) {
        assert(refused(error));
        return;
      }
      assert(lease !== undefined);
      const { writer, highWaterMs } = lease;
      const range = ranges.find(
        (known) => known.of === actor && known.writer === writer && known.highWaterMs === highWaterMs,
      );
      assert(range === undefined || id > range.last, 'ids increase');
      if (range === undefined) ranges.push({ of: actor, writer, highWaterMs, first: id, last: id });
      else range.last = id;
    }
    for (const one of ranges) {
      for (const other of ranges) {
        const apart = one.writer !== other.writer || one.last < other.first || other.last < one.first;
        assert(one === other || apart, `two leases of writer ${one.writer} have made ids in turn`);
      }
    }
  }
});

/** The ids that a process has made under one lease. */
interface LeaseRange {
  readonly of: unknown;
  readonly writer: number;
  readonly highWaterMs: number;
  readonly first: number;
  last: number;
}
