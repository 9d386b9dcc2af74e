import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import type { EventLog, TailFollower } from '../ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import { createLog } from '../telemetry/log.ts';
import { openProcessTail } from './process-tail.ts';

const log = createLog({ level: 'silent', pretty: false });
const KEY = 1_500_000_000_000_000;

describe('the tail of a process', () => {
  let database: TestDatabase;
  let sqlStore: SqlStore;
  let eventLog: EventLog;
  before(async () => {
    database = await createTestDatabase();
    sqlStore = createPostgresSqlStore({ connection: database.connection, clock: systemClock, log });
    eventLog = createPostgresEventLog({ sqlStore, clock: systemClock, randomness: systemRandomness, log });
  });
  after(async () => {
    await eventLog.close();
    await sqlStore.close();
    await database.close();
  });

  it('is one for all, and one that fails keeps nothing from the others', async () => {
    const heard: string[] = [];
    const committed: string[] = [];
    let untilMs = () => Number.NaN;
    const failing: TailFollower = {
      topics: ['reactions'],
      hear: () => assert.fail('a defect'),
      committed: () => assert.fail('a defect'),
      follow: () => undefined,
    };
    const sound: TailFollower = {
      topics: ['users', 'reactions'],
      hear: (events) => void heard.push(...events.map(({ kind }) => kind)),
      committed: (events) => void committed.push(...events.map(({ kind }) => kind)),
      follow: (followed) => {
        untilMs = followed.heardUntilMs;
      },
    };
    const silent: TailFollower = { topics: ['users'], hear: () => undefined, follow: () => undefined };
    const tail = await openProcessTail(eventLog, [failing, silent, sound], log);
    assert.equal(untilMs(), tail.heardUntilMs());
    const append = (topic: string, kind: string) =>
      sqlStore.transaction((transaction) =>
        eventLog.append(transaction, [{ topic, kind, key: KEY, ownerId: KEY, payload: {} }]),
      );
    await append('reactions', 'liked');
    await append('users', 'updated');
    await append('posts', 'created');
    assert.deepEqual(committed, ['liked', 'updated']);
    await tail.catchUp();
    assert.deepEqual(heard.toSorted(), ['liked', 'updated']);
    await tail.close();
  });
});
