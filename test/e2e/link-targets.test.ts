/** What owners are told of the targets of their links, by a server that is killed while it asks. Hours pass in the database alone. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import pg from 'pg';
import { atEnd } from '../support/at-end.ts';
import { createTestDatabase } from '../support/database.ts';
import { createJourneyClient } from '../support/journey-client.ts';
import { createServerHome } from '../support/server-process.ts';
import { startTargetServer } from '../support/target-server.ts';
import { until } from '../support/until.ts';

const SETTINGS = { GROUNDSWELL_LINKS_CHECKS: 'on', GROUNDSWELL_OUTBOUND_PRIVATE: 'allow' };
/** Also of leases: whoever held one is dead. */
const PASS_SEVEN_HOURS = `
  UPDATE link_checks SET checked_at = checked_at - interval '7 hours', due_at = due_at - interval '7 hours',
    failing_since = failing_since - interval '7 hours';
  UPDATE link_check_hosts SET due_at = due_at - interval '7 hours', leased_until = leased_until - interval '7 hours'`;

describe('targets of links', () => {
  it('are found dead and back, each told once, though the server is killed while it asks', async (test) => {
    const database = await createTestDatabase();
    atEnd(test, () => database.close());
    const sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    atEnd(test, () => sql.end());
    let answer = (response: ServerResponse): void => void response.writeHead(404).end();
    const page = await startTargetServer({ answer: (_, response) => answer(response) });
    atEnd(test, () => page.close());
    const told = await startTargetServer({ answer: (_, response) => void response.end() });
    atEnd(test, () => told.close());
    const home = await createServerHome();
    atEnd(test, () => home.close());
    const settings = { ...SETTINGS, GROUNDSWELL_DATABASE_URL: database.url };
    const first = await home.start(settings);
    const servers = { url: first.url };
    const alice = await createJourneyClient(() => servers.url).signUp('alice');
    const events = ['link.target_dead', 'link.target_back'];
    await alice.post('/webhooks', { body: { url: told.url, events } });
    const { link_id: linkId, code } = await alice.post('/links', { body: { url: `${page.url}/shop` } });
    const targetCheck = async () => (await alice.get(`/links/${linkId}`)).target_check;
    const failures = async () => (await sql.query('SELECT failures FROM link_checks')).rows[0]?.failures;

    await until(async () => (await failures()) === 1);
    assert.equal((await targetCheck()).status, 404);
    answer = () => undefined;
    await sql.query(PASS_SEVEN_HOURS);
    await until(() => page.received.length === 2);
    await first.kill();

    answer = (response) => void response.writeHead(410).end();
    const second = await home.start(settings);
    servers.url = second.url;
    await sql.query(PASS_SEVEN_HOURS);
    await until(async () => (await failures()) === 2);
    assert.equal((await targetCheck()).state, 'unchecked', 'two failures are not death');
    await sql.query(PASS_SEVEN_HOURS);
    await until(async () => (await targetCheck()).state === 'dead');
    const { items: dead } = await alice.get('/links?target=dead');
    assert.deepEqual(
      dead.map((link: { link_id: string }) => link.link_id),
      [linkId],
    );
    const visit = await fetch(`${servers.url}/l/${code}`, { redirect: 'manual' });
    assert.equal(visit.status, 302, 'it leads there all the same');
    await until(() => told.received.length === 1);

    answer = (response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>The shop</title>');
    };
    for (let hours = 0; (await targetCheck()).state === 'dead'; hours += 7) {
      assert(hours < 70, 'it is asked for about once a day');
      await sql.query(PASS_SEVEN_HOURS);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    await until(() => told.received.length === 2);
    const bodies = told.received.map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      bodies.map(({ type, data }) => [type, data.link_id, data.status]),
      [
        ['link.target_dead', linkId, 410],
        ['link.target_back', linkId, 200],
      ],
    );
    assert.equal((await alice.get(`/links/${linkId}`)).title, 'The shop');
  });
});
