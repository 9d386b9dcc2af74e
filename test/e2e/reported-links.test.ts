/** Reports of links, from those who make them to those who open the link, in two processes on one database. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, shardOf } from '../../src/core/ids.ts';
import { createSessionToken, hashToken } from '../../src/systems/accounts/sessions/session-token.ts';
import { REPORTED_WARNING } from '../../src/systems/links/warnings/reported-warning.ts';
import { runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const MONTH_MS = 30 * 86_400_000;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('links that people report', () => {
  let database: TestDatabase;
  let homes: readonly ServerHome[];
  let servers: readonly ServerProcess[];
  let client: pg.Client;
  before(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    homes = [await createServerHome(), await createServerHome()];
    const settings = {
      ...{ GROUNDSWELL_DATABASE_URL: database.url, GROUNDSWELL_RATE_LIMITS: 'off' },
      GROUNDSWELL_LINKS_WARN_REPORTS: '2',
    };
    servers = await Promise.all(homes.map((home) => home.start(settings)));
  });
  after(async () => {
    for (const server of servers ?? []) await server.stop();
    for (const home of homes ?? []) await home.close();
    await client?.end();
    await database?.close();
  });

  /** Somebody who signed up a month ago, and is signed in. */
  async function longKnown(sequence: number): Promise<Readonly<Record<string, string>>> {
    const userId = composeId(systemClock.nowMs() - MONTH_MS, 1, sequence);
    const token = createSessionToken(systemRandomness);
    const name = `known_${sequence}`;
    await client.query(
      'INSERT INTO users (user_id, shard, username, username_key, display_name) VALUES ($1, $2, $3, $3, $3)',
      [userId, shardOf(userId), name],
    );
    await client.query(
      `INSERT INTO sessions (session_id, shard, user_id, token_hash, created_at, last_used_at, expires_at)
       VALUES ($1, $2, $1, $3, now(), now(), now() + interval '1 day')`,
      [userId, shardOf(userId), hashToken(token)],
    );
    return { authorization: `Bearer ${token}` };
  }

  it('show a warning in every process from so many on, and none once a moderator has closed the reports', async () => {
    const [first, second] = servers;
    assert.ok(first !== undefined && second !== undefined);
    const { signUp, call } = createJourneyClient(() => first.url);
    const [owner, moderator, recent] = [await signUp('owner'), await signUp('mod'), await signUp('recent')];
    const promote = ['admin', 'promote', moderator.username, 'moderator', '--database-url', database.url];
    const promoted = await runCommand(promote);
    assert.equal(promoted.code, 0, promoted.stderr);
    const link = await owner.post('/links', { body: { url: 'https://example.org/' } });
    const open = async (server: ServerProcess): Promise<number> => {
      const options = { redirect: 'manual', headers: { 'user-agent': BROWSER } } as const;
      return (await fetch(`${server.url}/l/${link.code}`, options)).status;
    };
    const bothAre = async (status: number): Promise<void> => {
      for (const server of servers) await until(async () => (await open(server)) === status);
    };
    const report = async (headers: Readonly<Record<string, string>>): Promise<void> => {
      const answer = await call('POST', '/reports', { headers, body: { code: link.code, reason: 'scam' } });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    };
    await bothAre(302);
    await report(await longKnown(0));
    await report({ authorization: `Bearer ${recent.token}` });
    assert.equal((await owner.get(`/links/${link.link_id}`)).warning, null);
    await report(await longKnown(1));
    assert.equal((await owner.get(`/links/${link.link_id}`)).warning, REPORTED_WARNING);
    await bothAre(200);
    await until(async () => (await moderator.call('GET', '/moderation/reports')).status === 200);
    for (const { report_id: id } of (await moderator.get('/moderation/reports?status=open')).items)
      await moderator.post(`/moderation/reports/${id}/resolve`);
    assert.equal((await owner.get(`/links/${link.link_id}`)).warning, null);
    await bothAre(302);
  });
});
