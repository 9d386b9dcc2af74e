/** A backup is of one moment, whatever is written while it is taken. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { openBackup } from '../backup-folder/backup.ts';
import { createBackupFolder } from '../backup-folder/backup-folder.ts';
import { createPostgresEventLog } from '../event-log/postgres-event-log.ts';
import { backUp } from './postgres-backup.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { restore } from './postgres-restore.ts';
import { createPostgresSqlStore } from './postgres-sql-store.ts';
import { readStatement, type SqlTransaction, writeStatement } from './sql-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;
const WRITERS = 4;
const TOPIC = 'backup_test';
const FIRST_ID = 1_500_000_000_000_000;

const addFollow = writeStatement<[follower: number, followee: number]>(
  'backup_add_follow',
  'INSERT INTO follows (follower_id, followee_id, follow_id, shard) VALUES ($1, $2, $1, 0)',
);
const addDelta = writeStatement<[user: number]>(
  'backup_add_delta',
  'INSERT INTO user_count_deltas (user_id, shard, follower_delta) VALUES ($1, 0, 1)',
);
/** Moves what is counted from one table to the other, so that a torn backup would count it never or twice. */
const foldDeltas = writeStatement<[]>(
  'backup_fold_deltas',
  `WITH folded AS (DELETE FROM user_count_deltas RETURNING user_id, follower_delta)
   INSERT INTO user_counts (user_id, shard, follower_count)
   SELECT user_id, 0, sum(follower_delta) FROM folded GROUP BY user_id
   ON CONFLICT (user_id) DO UPDATE SET follower_count = user_counts.follower_count + excluded.follower_count`,
);
/** The effect of the consumer, in the transaction of its position. */
const countHandled = writeStatement<[count: number]>(
  'backup_count_handled',
  `INSERT INTO user_counts (user_id, shard, post_count) VALUES (2, 0, $1)
   ON CONFLICT (user_id) DO UPDATE SET post_count = user_counts.post_count + excluded.post_count`,
);
const readSums = readStatement<[topic: string], Readonly<Record<SumName, number>>>(
  'backup_read_sums',
  `SELECT
     (SELECT count(*) FROM follows) AS follows,
     (SELECT coalesce(sum(follower_delta), 0)::bigint FROM user_count_deltas)
       + (SELECT coalesce(sum(follower_count), 0)::bigint FROM user_counts) AS counted,
     (SELECT count(*) FROM outbox WHERE topic = $1) + (SELECT count(*) FROM event_log WHERE topic = $1) AS events,
     (SELECT coalesce(sum(next_offset), 0)::bigint FROM event_log_heads WHERE topic = $1)
       - (SELECT count(*) FROM event_log WHERE topic = $1) AS gaps,
     (SELECT coalesce(sum("offset"), 0)::bigint FROM consumer_positions WHERE topic = $1) AS passed,
     (SELECT coalesce(sum(post_count), 0)::bigint FROM user_counts) AS handled`,
);
type SumName = 'follows' | 'counted' | 'events' | 'gaps' | 'passed' | 'handled';

describeOnPostgres('a backup taken while everything writes', (engine) => {
  let folder: string;
  let source: TestDatabase;
  let target: EngineDatabase;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'backup-writers-'));
    source = await createTestDatabase();
    target = await engine.createDatabase({ migrated: false });
  });
  after(async () => {
    await Promise.all([target.drop(), source.close()]);
    await rm(folder, { recursive: true });
  });

  async function openProcess(connection: PostgresConnection) {
    const store = createPostgresSqlStore({ connection, clock, log });
    const eventLog = createPostgresEventLog({
      sqlStore: store,
      clock,
      randomness: systemRandomness,
      log,
      pollEveryMs: 50,
    });
    await eventLog.subscribe({
      group: TOPIC,
      topics: [TOPIC],
      from: 'beginning',
      async handle(events, transaction) {
        await transaction.query(countHandled, [events.length]);
      },
    });
    return {
      store,
      async follow(follower: number) {
        await store.transaction(async (transaction: SqlTransaction) => {
          await transaction.query(addFollow, [follower, 1]);
          await transaction.query(addDelta, [1]);
          const event = { topic: TOPIC, key: follower, kind: 'followed', payload: {}, ownerId: follower };
          await eventLog.append(transaction, [event]);
        });
      },
      async sums() {
        const [row] = await store.query(readSums, [TOPIC]);
        assert(row);
        return row;
      },
      async close() {
        await eventLog.close();
        await store.close();
      },
    };
  }

  it('is of one moment, and the restored server goes on from there without losing or doubling anything', async () => {
    const process = await openProcess(source.connection);
    let writing = true;
    let written = 0;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let round = 0; writing; round += 1) {
        await process.follow(FIRST_ID + round * WRITERS + writer);
        written += 1;
        if (round % 10 === writer) await process.store.query(foldDeltas, []);
      }
    });
    await until(() => written > 200);
    const acknowledged = written;
    const backupFolder = await createBackupFolder(path.join(folder, 'backup'), clock);
    const connection = source.connection;
    await backUp({ connection, folder: backupFolder, productVersion: '0.1.0', clock });
    await backupFolder.close();
    const goneOn = written;
    await until(() => written > goneOn + 50);
    writing = false;
    await Promise.all(writers);
    await process.close();
    assert(written > acknowledged, 'nobody waited for the backup');

    const backup = await openBackup(path.join(folder, 'backup'));
    await restore({ connection: target.connection, backup, force: false, clock, log });
    const [restored] = await target.run(readSums.text, [TOPIC]);
    const sums = Object.fromEntries(Object.entries(restored ?? {}).map(([name, sum]) => [name, Number(sum)]));
    assert(Number(sums['follows']) >= acknowledged, 'what was acknowledged before is there');
    assert(Number(sums['follows']) < written, 'what came after is not');
    assert.equal(sums['counted'], sums['follows'], 'counts fit the rows');
    assert.equal(sums['events'], sums['follows'], 'every row has its event');
    assert.equal(sums['gaps'], 0, 'the log is dense');
    assert.equal(sums['handled'], sums['passed'], 'effects fit the positions');

    const successor = await openProcess(target.connection);
    await successor.follow(FIRST_ID - 1);
    const total = Number(sums['follows']) + 1;
    await until(async () => (await successor.sums()).handled >= total);
    assert.deepEqual(await successor.sums(), {
      follows: total,
      counted: total,
      events: total,
      gaps: 0,
      passed: total,
      handled: total,
    });
    await successor.close();
  });
});

describeOnPostgres('backUp', (engine) => {
  it('refuses a database that has nothing of ours, and leaves no folder', async () => {
    const database = await engine.createDatabase({ migrated: false });
    const folder = await mkdtemp(path.join(tmpdir(), 'backup-nothing-'));
    const backupFolder = await createBackupFolder(path.join(folder, 'backup'), clock);
    await assert.rejects(
      backUp({ connection: database.connection, folder: backupFolder, productVersion: '0.1.0', clock }),
      (error) => hasCode(error, 'not_found'),
    );
    await backupFolder.close();
    await assert.rejects(stat(path.join(folder, 'backup')), { code: 'ENOENT' });
    await rm(folder, { recursive: true });
    await database.drop();
  });

  it('stops when it is told to', async () => {
    const database = await engine.createDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), 'backup-abort-'));
    const backupFolder = await createBackupFolder(path.join(folder, 'backup'), clock);
    const abort = new AbortController();
    const options = { connection: database.connection, folder: backupFolder, productVersion: '0.1.0', clock };
    const backup = backUp({ ...options, signal: abort.signal, onProgress: () => abort.abort() });
    await assert.rejects(backup, { name: 'AbortError' });
    await backupFolder.close();
    await assert.rejects(stat(path.join(folder, 'backup')), { code: 'ENOENT' });
    await rm(folder, { recursive: true });
    await database.drop();
  });
});
