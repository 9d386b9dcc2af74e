/** The server is killed while links are opened 100,000 times, and what is counted then is what the openers noted, but for the stated loss. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { API, createApiClient, type Member } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { attachEmbeddedPostgres } from '../../src/ports/sql-store/embedded-postgres/attach.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { FLUSH_EVERY_MS } from '../../src/systems/links/clicks/click-publisher.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type Opening, startClicking } from '../support/clicking-people.ts';
import { freePorts } from '../support/free-ports.ts';
import { describeOnKafka } from '../support/kafka-engine.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const LINKS = 20;
const OPENINGS = 100_000;
const OPENINGS_WHILE_AWAY = 1_480;
const CLIENTS = 32;
const TIMEOUT_MS = 60_000;
/** How long one publish may take on a machine that is busy with other things; some 10 ms on one that is not. */
const PUBLISH_MS_MAX = 2_000;
const COUNT_MS_MAX = 120_000;
const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };
const clock = systemClock;

interface MadeLink {
  readonly linkId: string;
  readonly code: string;
}

type Counts = Record<Opening['kind'], number>;

describe('kill -9 amid 100,000 clicks', () => {
  let home: ServerHome;
  before(async () => {
    home = await createServerHome();
  });
  after(() => home.close());

  it('loses what was recorded since the last publish began, and nothing else; an orderly stop loses nothing', async (test) => {
    const first = await home.start(SETTINGS);
    const { owner, links } = await makeLinks(first.url);
    const codes = links.map(({ code }) => code);
    const before = startClicking({ url: first.url, codes, clients: CLIENTS, openings: OPENINGS });
    await until(() => before.openings.length >= OPENINGS / 2, TIMEOUT_MS);
    const killedAtMs = clock.nowMs();
    await first.kill();
    await before.ended;
    assert.deepEqual(before.complaints, []);
    assert.ok(before.openings.length < OPENINGS, 'the kill came after everything was opened');

    const second = await home.start(SETTINGS);
    const kept = await countsOf(home, second.url, owner, links);
    const lost = before.openings.length - sum(kept);
    const recent = (ms: number) =>
      before.openings.filter(({ answeredAtMs }) => answeredAtMs > killedAtMs - ms).length;
    test.diagnostic(
      `${before.openings.length} openings were answered before the kill, ${recent(FLUSH_EVERY_MS)} of them in the last ${FLUSH_EVERY_MS} ms; ${lost} are not counted`,
    );
    assert.ok(lost <= recent(FLUSH_EVERY_MS + PUBLISH_MS_MAX), `${lost} were lost`);
    assertCovered(kept, before.openings, killedAtMs - FLUSH_EVERY_MS - PUBLISH_MS_MAX, before.unanswered());

    const rest = startClicking({
      url: second.url,
      codes,
      clients: CLIENTS,
      openings: OPENINGS - before.openings.length,
    });
    await rest.ended;
    assert.deepEqual([rest.complaints, rest.unanswered()], [[], 0]);
    assert.equal(await second.stop(), 0, second.logs());
    const third = await home.start(SETTINGS);
    const all = await countsOf(home, third.url, owner, links);
    assert.deepEqual(all, added(kept, rest.openings));
    assert.equal(await third.stop(), 0, third.logs());
  });
});

describeOnKafka('kill -9 while Kafka is away', (engine) => {
  let home: ServerHome;
  before(async () => {
    home = await createServerHome();
  });
  after(() => home.close());

  it('loses no click that was published meanwhile, though nobody was there to take it', async () => {
    const [port] = await freePorts(1);
    const kafka = new URL(engine.newUrl());
    const away = new URL(kafka);
    away.host = `127.0.0.1:${port}`;
    const first = await home.start({ ...SETTINGS, GROUNDSWELL_EVENT_LOG_URL: String(away) });
    const { owner, links } = await makeLinks(first.url);
    const codes = links.map(({ code }) => code);
    const clicking = startClicking({ url: first.url, codes, clients: 4, openings: OPENINGS_WHILE_AWAY });
    await clicking.ended;
    assert.deepEqual([clicking.complaints, clicking.unanswered()], [[], 0]);
    await until(async () => (await publishedClicks(first.url)) === OPENINGS_WHILE_AWAY, TIMEOUT_MS);
    await first.kill();

    const second = await home.start({ ...SETTINGS, GROUNDSWELL_EVENT_LOG_URL: String(kafka) });
    const counts = await countsOf(home, second.url, owner, links);
    assert.deepEqual(counts, added(new Map(), clicking.openings));
    assert.equal(await second.stop(), 0, second.logs());
  });
});

const connect = (url: string): HttpClient =>
  createHttpClient({ url, connectionsMax: 4, timeoutMs: TIMEOUT_MS });

async function makeLinks(url: string): Promise<{ owner: Member; links: readonly MadeLink[] }> {
  const http = connect(url);
  const owner = await createApiClient(http, clock).signUp('alice');
  const links: MadeLink[] = [];
  for (let index = 0; index < LINKS; index += 1) {
    const body = JSON.stringify({ url: `https://example.org/${index}` });
    const answer = await http.send({ method: 'POST', path: `${API}/links`, token: owner.token, body });
    assert.equal(answer.status, 201, answer.body.toString());
    const { link_id: linkId, code } = JSON.parse(answer.body.toString());
    links.push({ linkId, code });
  }
  http.close();
  return { owner, links };
}

/** By code, once all that is in the log is counted. */
async function countsOf(
  home: ServerHome,
  url: string,
  { token }: Member,
  links: readonly MadeLink[],
): Promise<Map<string, Counts>> {
  await untilCounted(home);
  const http = connect(url);
  const counts = new Map<string, Counts>();
  for (const { linkId, code } of links) {
    const answer = await http.send({ method: 'GET', path: `${API}/links/${linkId}/stats`, token });
    assert.equal(answer.status, 200, answer.body.toString());
    const { humans, bots, previews } = JSON.parse(answer.body.toString()).total;
    counts.set(code, { humans, bots, previews });
  }
  http.close();
  return counts;
}

/** Of which the process says that they are durable. */
async function publishedClicks(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^link_clicks_total\{stage="published"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}

/** What was answered before `sinceMs` is counted, and nothing that nobody opened, of every link and kind. */
function assertCovered(
  counts: ReadonlyMap<string, Counts>,
  openings: readonly Opening[],
  sinceMs: number,
  unanswered: number,
): void {
  const least = added(
    new Map(),
    openings.filter(({ answeredAtMs }) => answeredAtMs <= sinceMs),
  );
  const most = added(new Map(), openings);
  let beyond = 0;
  for (const [code, found] of counts) {
    for (const kind of ['humans', 'bots', 'previews'] as const) {
      assert.ok(found[kind] >= (least.get(code)?.[kind] ?? 0), `${kind} of ${code} are missing`);
      beyond += Math.max(0, found[kind] - (most.get(code)?.[kind] ?? 0));
    }
  }
  assert.ok(beyond <= unanswered, `${beyond} more than were opened`);
}

function added(counts: ReadonlyMap<string, Counts>, openings: readonly Opening[]): Map<string, Counts> {
  const result = new Map([...counts].map(([code, some]) => [code, { ...some }]));
  for (const { code, kind } of openings) {
    const some = result.get(code) ?? { humans: 0, bots: 0, previews: 0 };
    some[kind] += 1;
    result.set(code, some);
  }
  return result;
}

function sum(counts: ReadonlyMap<string, Counts>): number {
  return [...counts.values()].reduce(
    (total, { humans, bots, previews }) => total + humans + bots + previews,
    0,
  );
}

async function untilCounted(home: ServerHome): Promise<void> {
  const connection = await attachEmbeddedPostgres(path.join(home.dataFolder, 'postgres'));
  assert.ok(connection);
  const log = createLog({ level: 'silent', pretty: false });
  const sqlStore = createPostgresSqlStore({ connection, poolSize: 2, clock, log });
  const eventLog = createPostgresEventLog({ sqlStore, clock, randomness: systemRandomness, log });
  try {
    await until(async () => {
      const lag = (await eventLog.lag()).find(({ group }) => group === 'link-clicks');
      return lag !== undefined && lag.waiting + lag.retrying === 0;
    }, COUNT_MS_MAX);
  } finally {
    await eventLog.close();
    await sqlStore.close();
  }
}
