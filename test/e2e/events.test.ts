/** `groundswell events`, as its user starts it, beside a server and a consumer that fails until it is repaired. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { EventLog } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const GROUP = 'newsletter';
const clock = systemClock;

describe('groundswell events', () => {
  let home: ServerHome;
  let sql: SqlStore;
  let eventLog: EventLog;
  let url: string;
  const handled: string[] = [];
  let broken = true;
  before(async () => {
    home = await createServerHome();
    ({ url } = await home.start());
    const connection = await attachEmbeddedPostgres(path.join(home.dataFolder, 'postgres'));
    assert.ok(connection);
    const log = createLog({ level: 'silent', pretty: false });
    sql = createPostgresSqlStore({ connection, poolSize: 4, clock, log });
    eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
    await eventLog.subscribe({
      group: GROUP,
      topics: ['users'],
      from: 'end',
      attemptsMax: 1,
      async handle(events) {
        if (broken) throw new Error('the press\nis broken');
        handled.push(...events.map(({ payload }) => String(payload['username'])));
      },
    });
  });
  after(async () => {
    await eventLog.close();
    await sql.close();
    await home.close();
  });

  function events(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(['events', ...args, '--data', home.dataFolder]);
  }

  async function eventsJson(...args: readonly string[]) {
    const { code, stdout, stderr } = await events(...args, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  async function deadOfGroup(): Promise<number> {
    return (await eventLog.lag()).find(({ group }) => group === GROUP)?.dead ?? 0;
  }

  it('lag shows every group, and metrics the same', async () => {
    const { items } = await eventsJson('lag');
    const groups = items.map(({ group }: { group: string }) => group);
    assert.ok(groups.includes(GROUP) && groups.length > 1, groups);
    const { stdout } = await events('lag');
    assert.match(stdout, /^GROUP +TOPIC +WAITING +RETRYING +DEAD\n/);
    assert.match(stdout, /^newsletter +users +0 +0 +0$/m);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /^consumer_lag_events\{group="newsletter",topic="users",state="waiting"\} 0$/m);
    assert.match(metrics, /^queue_length\{queue="post-writer"\} 0$/m);
  });

  it('dead-letters lists what failed for good, in pages', async () => {
    for (const username of ['alice', 'bob']) await signUp(url, username);
    await until(async () => (await deadOfGroup()) === 2);
    const first = await eventsJson('dead-letters', '--group', GROUP, '--limit', '1');
    const second = await eventsJson('dead-letters', '--limit', '1', '--page-token', first.next_page_token);
    const letters = [first.items[0], second.items[0]];
    assert.deepEqual(letters.map(({ payload }) => payload.username).sort(), ['alice', 'bob']);
    assert.deepEqual(
      letters.map(({ group, topic, kind, attempts }) => [group, topic, kind, attempts]),
      [
        [GROUP, 'users', 'created', 1],
        [GROUP, 'users', 'created', 1],
      ],
    );
    const { stdout } = await events('dead-letters');
    assert.match(
      stdout,
      /^newsletter users\/\d\/\d+: created \d{16}, 1 attempt, \S+ \S+ UTC\n {2}Error: the press\n/,
    );
    assert.doesNotMatch(stdout, /alice/);
  });

  it('replay hands them to the consumer again, those that are named or all', async () => {
    broken = false;
    const { items } = await eventsJson('dead-letters');
    const [{ topic, partition, offset, payload }] = items;
    const one = await events('replay', GROUP, `${topic}/${partition}/${offset}`, 'users/7/999999');
    assert.equal(one.stdout, 'Replaying 1 event.\n');
    assert.match(one.stderr, /Of the 2 places named, 1 had a dead letter/);
    await until(() => handled.length === 1);
    assert.deepEqual(handled, [payload.username]);
    assert.equal((await events('replay', GROUP)).stdout, 'Replaying 1 event.\n');
    await until(() => handled.length === 2);
    assert.equal((await events('replay', GROUP)).stdout, 'Nothing to replay.\n');
    await until(async () => (await deadOfGroup()) === 0);
  });

  it('fails for a group that is unknown, and is called wrongly without places that are some', async () => {
    const unknown = await events('replay', 'nobody');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^groundswell: There is no consumer group nobody\./);
    assert.equal((await events('replay', GROUP, 'users/7')).code, 2);
  });

  it('remove-group forgets a group when told so twice, and never one of this release', async () => {
    const asked = await events('remove-group', GROUP);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /newsletter would be forgotten, with 0 unhandled events and 0 dead letters\./);
    assert.ok((await eventLog.lag()).some(({ group }) => group === GROUP));
    const done = await events('remove-group', GROUP, '--yes');
    assert.deepEqual([done.code, done.stdout], [0, 'Removed newsletter.\n']);
    const groups = (await eventLog.lag()).map(({ group }) => group);
    assert.ok(!groups.includes(GROUP));
    const own = await events('remove-group', groups[0] ?? '', '--yes');
    assert.equal(own.code, 1);
    assert.match(own.stderr, /This release consumes as/);
  });
});

async function signUp(url: string, username: string): Promise<void> {
  const body = JSON.stringify({ username, password: 'correct horse battery staple' });
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${url}/api/v1/users`, { method: 'POST', headers, body });
  assert.equal(status, 201);
}
