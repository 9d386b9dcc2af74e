import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  CAROL,
  createLinksSetting,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
} from '../../../../test/support/links-setting.ts';
import { type OutsideWorld, openOutsideWorld } from '../../../../test/support/outside-world.ts';
import { startTargetServer, type TargetServer } from '../../../../test/support/target-server.ts';
import { until } from '../../../../test/support/until.ts';
import { systemClock } from '../../../core/clock.ts';
import type { LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { createNodeOutboundHttp } from '../../../ports/outbound-http/node-outbound-http.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { LEASE_MS, REST_MS } from './target-checker.ts';
import { leaseHosts } from './target-checks-queries.ts';
import { HOPS_MAX, PAGE_BYTES_MAX } from './target-fetch.ts';
import { HURRIED_PER_HOST_MAX } from './unnoted-links.ts';

const HOUR_MS = 3_600_000;
const PAGE = 'text/html; charset=utf-8';

const countChecks = readStatement<[host: string], { noted: number; hurried: number }>(
  'test_count_link_checks',
  `SELECT count(*)::integer AS noted, count(*) FILTER (WHERE due_at IS NULL)::integer AS hurried
   FROM link_checks WHERE host = $1`,
);

describe('the targets of links', () => {
  let outside: OutsideWorld;
  let setting: LinksSetting;
  let other: LinksProcess;
  const heard: LoggedEvent[] = [];
  const time = { aheadMs: 0 };
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs };
  let hosts = 0;

  before(async () => {
    outside = await openOutsideWorld();
    setting = await createLinksSetting({ clock, outsideWorld: outside });
    other = await openLinksProcess(setting.database, 2, { clock, outsideWorld: outside });
    await setting.eventLog.tail({
      topics: ['links', 'link_targets'],
      hear: (events) => void heard.push(...events),
    });
  });
  after(async () => {
    await other.close();
    await setting.close();
    await outside.close();
  });

  /** One that no other test knows. */
  function newHost(): string {
    hosts += 1;
    return `host${hosts}.example`;
  }

  async function runJob(process: LinksProcess, name: string): Promise<void> {
    const job = process.shortener.jobs.find((one) => one.name === name);
    assert(job !== undefined, name);
    await job.run();
  }

  async function get(linkId: string, as = ALICE) {
    return (await setting.call('GET', `/links/${linkId}`, as)).body;
  }

  /** As workers do every second, until something was found of the link that was not known before. */
  async function checked(linkId: string, process: LinksProcess = setting) {
    const { target_check: known } = await get(linkId);
    await until(async () => {
      await runJob(process, 'note-link-targets');
      await runJob(process, 'check-link-targets');
      return (await get(linkId)).target_check.checked_at !== known.checked_at;
    });
    // Its host may be asked again.
    time.aheadMs += 2 * REST_MS;
    return get(linkId);
  }

  function told(linkId: string, topic: string): LoggedEvent[] {
    return heard.filter((event) => event.topic === topic && event.payload['link_id'] === linkId);
  }

  const requestsTo = (host: string) =>
    outside.web.received.filter(({ headers }) => String(headers.host).startsWith(host));

  it('are asked for once they are new, and give a link without a title that of the page', async () => {
    const host = newHost();
    outside.serve(host, { status: 200, text: '<title>A &lt;page&gt;</title>', type: PAGE });
    const link = await setting.create({ url: `http://${host}/a?b=1` });
    assert.deepEqual((await get(link.link_id)).target_check, {
      ...{ state: 'unchecked', checked_at: null, status: null, problem: null },
    });
    const { target_check: found, title } = await checked(link.link_id);
    assert.deepEqual([found.state, found.status, found.problem, title], ['ok', 200, null, 'A <page>']);
    const [request, ...more] = requestsTo(host);
    assert.deepEqual([request?.method, request?.path, more.length], ['GET', '/a?b=1', 0]);
    assert.deepEqual([request?.headers.cookie, request?.headers.referer], [undefined, undefined]);
    await until(() => told(link.link_id, 'links').some(({ kind }) => kind === 'updated'));
    assert.equal(told(link.link_id, 'links').at(-1)?.payload['title'], 'A <page>');
    // Only its owner sees it.
    assert.equal((await setting.call('GET', `/links/${link.link_id}`, BOB)).status, 404);
  });

  it('leave a title that an owner has given, or taken away', async () => {
    const host = newHost();
    outside.serve(host, { status: 200, text: '<title>Of the page</title>', type: PAGE });
    const url = `http://${host}/`;
    const named = await setting.create({ url, title: 'Mine' });
    const emptied = await setting.create({ url });
    await runJob(setting, 'note-link-targets');
    await setting.call('PATCH', `/links/${emptied.link_id}`, ALICE, { title: '' });
    assert.equal((await checked(emptied.link_id)).title, '');
    assert.equal((await checked(named.link_id)).title, 'Mine');
  });

  it('are followed to where they lead, hop by hop, and not to links of this server or for ever', async () => {
    const [end, start, round, own] = [newHost(), newHost(), newHost(), newHost()];
    outside.serve(end, { status: 200, text: '<title>The end</title>', type: PAGE });
    outside.serve(start, { status: 301, text: '', location: `http://${end}/x` });
    outside.serve(round, { status: 302, text: '', location: '/again' });
    const { short_url: shortUrl } = await setting.create({ url: `http://${end}/` });
    outside.serve(own, { status: 302, text: '', location: shortUrl });
    const find = async (host: string) => checked((await setting.create({ url: `http://${host}/` })).link_id);
    const followed = await find(start);
    assert.deepEqual([followed.target_check.state, followed.title], ['ok', 'The end']);
    const circling = await find(round);
    assert.match(circling.target_check.problem, /more than/);
    assert.equal(requestsTo(round).length, HOPS_MAX + 1);
    assert.match((await find(own)).target_check.problem, /link of this server/);
  });

  it('are dead after several failures over hours, which is said once, and once when they are back', async () => {
    const host = newHost();
    outside.serve(host, { status: 404, text: 'nothing here' });
    const { link_id: linkId, code } = await setting.create({ url: `http://${host}/` });
    const first = (await checked(linkId)).target_check;
    assert.deepEqual([first.state, first.status, first.problem], ['unchecked', 404, 'The answer is 404.']);
    time.aheadMs += HOUR_MS;
    assert.equal((await checked(linkId)).target_check.state, 'unchecked');
    time.aheadMs += 6 * HOUR_MS;
    assert.equal((await checked(linkId)).target_check.state, 'dead');
    // People are led there all the same.
    assert.equal((await setting.open(code)).status, 302);
    const find = async (target: string): Promise<string[]> => {
      const { body } = await setting.call('GET', `/links?target=${target}&limit=100`, ALICE);
      return body.items.map(({ link_id: id }: { link_id: string }) => id);
    };
    assert.deepEqual(await find('dead'), [linkId]);
    assert.ok(!(await find('ok')).includes(linkId) && !(await find('unchecked')).includes(linkId));
    time.aheadMs += 30 * HOUR_MS;
    assert.equal((await checked(linkId)).target_check.state, 'dead');
    outside.serve(host, { status: 200, text: 'here again' });
    time.aheadMs += 30 * HOUR_MS;
    assert.equal((await checked(linkId)).target_check.state, 'ok');
    await until(() => told(linkId, 'link_targets').length === 2);
    const [dead, back] = told(linkId, 'link_targets');
    assert.deepEqual([dead?.kind, back?.kind, dead?.key], ['dead', 'back', ALICE]);
    assert.deepEqual([dead?.payload['status'], dead?.payload['code']], [404, code]);
  });

  it('that fail for an hour are not dead, and those that only refuse us are there', async () => {
    const host = newHost();
    outside.serve(host, { status: 503, text: 'soon' });
    const { link_id: linkId } = await setting.create({ url: `http://${host}/` });
    await checked(linkId);
    outside.serve(host, { status: 403, text: 'no robots' });
    time.aheadMs += HOUR_MS;
    const { target_check: found } = await checked(linkId);
    assert.deepEqual([found.state, found.status, found.problem], ['ok', 403, null]);
  });

  it('that nobody can be asked for, while nobody else answers either, are asked for later', async () => {
    const lonely = await createLinksSetting({ clock });
    try {
      const { link_id: linkId } = await lonely.create({ url: 'http://no-such-name.example/' });
      for (let n = 0; n < 3; n += 1) {
        await runJob(lonely, 'note-link-targets');
        await runJob(lonely, 'check-link-targets');
        await systemClock.sleep(50);
      }
      const { body } = await lonely.call('GET', `/links/${linkId}`, ALICE);
      assert.deepEqual([body.target_check.state, body.target_check.checked_at], ['unchecked', null]);
    } finally {
      await lonely.close();
    }
    // Here others answer.
    const { link_id: linkId } = await setting.create({ url: 'http://no-such-name.example/' });
    const { target_check: found } = await checked(linkId);
    assert.deepEqual([found.state, found.status], ['unchecked', null]);
    assert.match(found.problem, /name|address|host/i);
  });

  it('of one host are asked for one after the other, each once, by however many workers', async () => {
    const host = newHost();
    outside.serve(host, { status: 200, text: '' });
    const links = await Promise.all(
      Array.from({ length: 4 }, (_, n) => setting.create({ url: `http://${host}/${n}` })),
    );
    await until(async () => {
      await Promise.all([setting, other].map((process) => runJob(process, 'note-link-targets')));
      await Promise.all([setting, other].map((process) => runJob(process, 'check-link-targets')));
      time.aheadMs += REST_MS;
      const found = await Promise.all(links.map(({ link_id: linkId }) => get(linkId)));
      return found.every(({ target_check: check }) => check.state === 'ok');
    });
    const paths = requestsTo(host).map(({ path }) => path);
    assert.deepEqual(paths.sort(), ['/0', '/1', '/2', '/3']);
  });

  it('that a worker was asking for when it died are asked for when its lease ends', async () => {
    const host = newHost();
    outside.serve(host, { status: 200, text: '' });
    const { link_id: linkId } = await setting.create({ url: `http://${host}/` });
    await runJob(setting, 'note-link-targets');
    const nowMs = clock.nowMs();
    const leased = await setting.sql.query(leaseHosts, [
      new Date(nowMs),
      new Date(nowMs + LEASE_MS),
      true,
      100,
    ]);
    assert.ok(leased.some((one) => one.host === host));
    for (let n = 0; n < 3; n += 1) await runJob(setting, 'check-link-targets');
    assert.equal(requestsTo(host).length, 0);
    time.aheadMs += LEASE_MS;
    assert.equal((await checked(linkId)).target_check.state, 'ok');
  });

  it('are new when their owner changes them, and nothing is left of those of deleted links', async () => {
    const [one, two] = [newHost(), newHost()];
    outside.serve(one, { status: 404, text: '' });
    outside.serve(two, { status: 200, text: '' });
    const { link_id: linkId } = await setting.create({ url: `http://${one}/` });
    await checked(linkId);
    const changed = await setting.call('PATCH', `/links/${linkId}`, ALICE, { url: `http://${two}/` });
    const unchecked = { state: 'unchecked', checked_at: null, status: null, problem: null };
    assert.deepEqual(changed.body.target_check, unchecked);
    assert.deepEqual((await get(linkId)).target_check, unchecked);
    assert.equal((await checked(linkId)).target_check.state, 'ok');
    await setting.call('DELETE', `/links/${linkId}`, ALICE);
    const rows = await setting.sql.transaction((transaction) =>
      transaction.query(leaseHosts, [new Date(clock.nowMs() + 100 * HOUR_MS), new Date(), false, 1_000]),
    );
    assert.ok(rows.some(({ host }) => host === two));
    const { body } = await setting.call('GET', '/links?target=ok&limit=100', ALICE);
    assert.ok(body.items.every(({ link_id: id }: { link_id: string }) => id !== linkId));
  });

  it('to which nobody is led are not asked for', async () => {
    const [off, blocked] = [newHost(), newHost()];
    for (const host of [off, blocked]) outside.serve(host, { status: 200, text: '' });
    await setting.create({ url: `http://${off}/`, enabled: false });
    await setting.create({ url: `http://${blocked}/` });
    const block = { target: blocked, reason: 'spam' };
    assert.equal((await setting.call('POST', '/moderation/blocked-targets', CAROL, block)).status, 201);
    const { link_id: last } = await setting.create({ url: `http://${newHost()}.test.example/` });
    await checked(last).catch(() => undefined);
    for (const host of [off, blocked]) assert.equal(requestsTo(host).length, 0, host);
  });

  it('of one host that has many leave room for others, and all come in their turn', async () => {
    const host = newHost();
    outside.serve(host, { status: 200, text: '' });
    const count = HURRIED_PER_HOST_MAX + 5;
    await Promise.all(
      Array.from({ length: count }, (_, n) => setting.create({ url: `http://${host}/${n}` })),
    );
    await runJob(setting, 'note-link-targets');
    const hurried = HURRIED_PER_HOST_MAX;
    assert.deepEqual(await setting.sql.query(countChecks, [host]), [{ noted: hurried, hurried }]);
    // Whatever is left, a walk over all links comes to.
    time.aheadMs += 2 * HOUR_MS;
    await runJob(setting, 'note-link-targets');
    assert.deepEqual(await setting.sql.query(countChecks, [host]), [{ noted: count, hurried }]);
  });
});

describe('targets that are hostile', () => {
  let inner: TargetServer;
  before(async () => {
    inner = await startTargetServer();
  });
  after(() => inner.close());

  async function findingOf(url: string, privateAddresses: 'allow' | 'refuse') {
    const outsideWorld = {
      textRecords: { lookUp: async () => [] } as never,
      outboundHttp: createNodeOutboundHttp({
        ...{ clock: systemClock, privateAddresses, userAgent: 'test' },
        resolveName: async () => [{ address: '127.0.0.1', family: 4 as const }],
      }),
    };
    const setting = await createLinksSetting({ outsideWorld, privateAddresses });
    try {
      const { link_id: linkId } = await setting.create({ url });
      let found:
        | { readonly checked_at: string | null; readonly status: number | null; readonly problem: string }
        | undefined;
      await until(async () => {
        for (const { name, run } of setting.shortener.jobs) if (name.endsWith('-link-targets')) await run();
        found = (await setting.call('GET', `/links/${linkId}`, ALICE)).body.target_check;
        return found?.checked_at != null;
      }, 30_000);
      return found;
    } finally {
      await setting.close();
    }
  }

  it('get no packet where their name leads to a private address', async () => {
    const connections = inner.connections();
    const found = await findingOf(`http://rebound.example:${inner.port}/ok`, 'refuse');
    assert.deepEqual([found?.status, inner.connections() - connections], [null, 0]);
    assert.match(found?.problem ?? '', /public/);
  });

  it('are read no further than is wanted, and never unpacked', async () => {
    for (const path of ['/bomb', '/endless-body', `/body?bytes=${PAGE_BYTES_MAX * 2}`]) {
      const found = await findingOf(`http://host.example:${inner.port}${path}`, 'allow');
      assert.deepEqual([found?.status, found?.problem], [200, null], path);
    }
  });
});
