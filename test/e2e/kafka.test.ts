/** Servers with their events in Kafka: pictures, links and lists go on as ever, also when everything is handled again. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { EventLog } from '../../src/ports/event-log/event-log.ts';
import { createKafkaEventLog } from '../../src/ports/event-log/kafka-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { runCommand } from '../support/command.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readContent } from '../support/database-content.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { connectKafka } from '../support/kafka-broker.ts';
import { describeOnKafka } from '../support/kafka-engine.ts';
import { createPictureClient, noise } from '../support/picture-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
/** Who is how far, what is under way, when somebody was seen, and which id was drawn last: not what the product knows. */
const BOOKKEEPING =
  /consumer_positions|event_log|kafka_runs|outbox|id_writers|timeline_checks|click_recorders|notification_inboxes/;

describeOnKafka('two servers with their events', (engine) => {
  const url = engine.newUrl();
  let database: TestDatabase;
  let home: ServerHome;
  let servers: ServerProcess[];
  let sql: SqlStore;
  let eventLog: EventLog;
  let [alice, bob]: Person[] = [];
  const serverAt = (place: number): ServerProcess => servers[place] ?? assert.fail('there are two');
  const client = createJourneyClient(() => serverAt(0).url);
  const pictures = createPictureClient(() => serverAt(0).url);

  before(async () => {
    database = await createTestDatabase();
    home = await createServerHome();
    const settings = {
      GROUNDSWELL_DATABASE_URL: database.url,
      GROUNDSWELL_EVENT_LOG_URL: url,
      GROUNDSWELL_RATE_LIMITS: 'off',
    };
    servers = [await home.start(settings), await home.start(settings)];
    const log = createLog({ level: 'silent', pretty: false });
    const deps = { clock: systemClock, randomness: systemRandomness, log };
    sql = createPostgresSqlStore({ connection: database.connection, ...deps });
    eventLog = createKafkaEventLog({ sqlStore: sql, cluster: connectKafka(url), ...deps });
    alice = await client.signUp('alice');
    bob = await client.signUp('bob');
  });
  after(async () => {
    await eventLog?.close();
    await sql?.close();
    await home?.close();
    await database?.close();
  });

  async function untilHandled(): Promise<void> {
    await until(
      async () => (await eventLog.lag()).every(({ waiting, retrying }) => waiting + retrying === 0),
      60_000,
    );
  }

  it('a picture is processed, posted, seen by followers and told of', async () => {
    assert(alice !== undefined && bob !== undefined);
    await bob.put(`/users/${alice.userId}/follow`);
    const { body } = await pictures.upload(alice, await noise(400, 300));
    const media = await pictures.processed(alice, body.media_id);
    assert.equal(media.state, 'ready');
    const post = await alice.post('/posts', { body: { text: 'Look', media_ids: [media.media_id] } });
    await bob.put(`/posts/${post.post_id}/like`);
    const feed = await bob.get('/feed');
    assert.deepEqual(
      feed.items.map(({ post_id: id, media: shown }: Json) => [id, shown[0].state]),
      [[post.post_id, 'ready']],
    );
    await until(async () => (await alice?.get('/notifications'))?.items.length === 2);
  });

  it('clicks of a link are counted, by whichever process', async () => {
    assert(alice !== undefined);
    const link = await alice.post('/links', { body: { url: 'https://example.com/there' } });
    for (let click = 0; click < 20; click += 1) {
      const opened = await fetch(`${serverAt(0).url}/l/${link.code}`, {
        redirect: 'manual',
        headers: { 'user-agent': BROWSER },
      });
      assert.equal(opened.status, 302);
    }
    await until(async () => (await alice?.get(`/links/${link.link_id}/stats`))?.total.humans === 20);
  });

  it('handling every event of every topic again changes nothing', async () => {
    await untilHandled();
    const known = await settledContent();
    const notified = await alice?.get('/notifications');
    const groups = [...new Set((await eventLog.lag()).map(({ group }) => group))];
    assert(groups.length > 5);
    for (const group of groups) await eventLog.seek(group, 'beginning');
    await untilHandled();
    assert.deepEqual(await settledContent(), known);
    assert.deepEqual(await alice?.get('/notifications'), notified);
    const lags = await eventLog.lag();
    assert.deepEqual(
      lags.filter(({ dead }) => dead > 0),
      [],
    );
  });

  it('the commands for operators work beside them', async () => {
    const options = ['--database-url', database.url];
    const lag = await runCommand(['events', 'lag', ...options]);
    assert.match(lag.stdout, /^GROUP +TOPIC +WAITING +RETRYING +DEAD\n/);
    const [group] = (await eventLog.lag()).map((each) => each.group);
    assert(group !== undefined);
    const done = await runCommand(['events', 'seek', group, '--beginning', '--yes', ...options]);
    assert.match(done.stdout, /goes on from \d+ places/, done.stderr);
    await untilHandled();
  });

  /** Once nothing changes any more, for jobs fold counts a little later. */
  async function settledContent(): Promise<Record<string, string>> {
    let last = await content();
    await until(async () => {
      await systemClock.sleep(1_500);
      const now = await content();
      const isSettled = JSON.stringify(now) === JSON.stringify(last);
      last = now;
      return isSettled;
    }, 60_000);
    return last;
  }

  async function content(): Promise<Record<string, string>> {
    const { tables } = await readContent(database.url);
    return Object.fromEntries(Object.entries(tables).filter(([name]) => !BOOKKEEPING.test(name)));
  }
});
