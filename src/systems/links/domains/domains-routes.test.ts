import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  createLinksSetting,
  LINKS_HOST,
  type LinksProcess,
  type LinksSetting,
  openLinksProcess,
  PUBLIC_URL,
} from '../../../../test/support/links-setting.ts';
import { type OutsideWorld, openOutsideWorld } from '../../../../test/support/outside-world.ts';
import { until } from '../../../../test/support/until.ts';
import { userDeletedEvent } from '../../../../test/support/user-events.ts';
import { systemClock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { DOMAIN_LINKS_ERASED_MAX, ERASE_AFTER_MS } from './domain-erasure.ts';
import { DOMAINS_MAX, VERIFIED_DOMAINS_MAX } from './domains.ts';

const TARGET = 'https://example.org/a';

const insertVerified = writeStatement<[count: number]>(
  'test_link_domains_insert_verified',
  `INSERT INTO link_domains (domain_id, shard, owner_id, host, token, verified_at)
   SELECT n, 0, n, 'h' || n || '.example', '', now() FROM generate_series(1, $1) AS n`,
);

describe('domains of owners', () => {
  const time = { aheadMs: 0 };
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs };
  let world: OutsideWorld;
  let setting: LinksSetting;
  let other: LinksProcess;
  let hosts = 0;
  let owners = 0;
  before(async () => {
    world = await openOutsideWorld();
    setting = await createLinksSetting({ clock, outsideWorld: world });
    other = await openLinksProcess(setting.database, 2, { clock, outsideWorld: world });
  });
  after(async () => {
    await other.close();
    await setting.close();
    await world.close();
  });

  function newHost(): string {
    hosts += 1;
    return `go${hosts}.customer.example`;
  }
  function newOwner(): Id {
    owners += 1;
    return 1_600_000_000_100_000 + owners * 8;
  }
  async function bring(ownerId: Id, host: string) {
    const answer = await setting.call('POST', '/domains', ownerId, { host });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }
  const verify = (ownerId: Id, domainId: string, by: LinksProcess = setting) =>
    by.call('POST', `/domains/${domainId}/verify`, ownerId);
  const openAt = (host: string, code: string, by: LinksProcess = setting) =>
    by.send('GET', `/${code}`, { host });
  const isKnown = (host: string, by: LinksProcess = setting) =>
    by.shortener.hosts.domainIdOf(host) !== undefined;

  /** Known to all processes. */
  async function bringVerified(ownerId: Id, host = newHost()) {
    const domain = await bring(ownerId, host);
    const { record_name: name, record_value: value } = domain.verification;
    world.names.setTexts(name, 'v=spf1 -all', value);
    assert.equal((await verify(ownerId, domain.domain_id)).status, 200);
    await until(() => isKnown(host) && isKnown(host, other));
    return domain as { readonly domain_id: string; readonly host: string };
  }

  it('are brought with what to set up, and verified by a TXT record', async () => {
    const alice = newOwner();
    const host = newHost();
    const {
      domain_id: domainId,
      created_at: createdAt,
      verification,
      ...rest
    } = await bring(alice, host.toUpperCase());
    assert.ok(Date.parse(createdAt) > 0);
    assert.deepEqual(rest, { host, verified_at: null, target_host: LINKS_HOST });
    const { record_value: value, ...shown } = verification;
    assert.match(value, /^[\w-]{32}$/);
    assert.deepEqual(shown, {
      record_name: `_groundswell-challenge.${host}`,
      record_type: 'TXT',
      file_url: `https://${host}/.well-known/groundswell-challenge.txt`,
    });
    const early = await verify(alice, domainId);
    assert.equal(early.status, 409);
    assert.match(early.body.detail, /TXT record/);
    world.names.setTexts(verification.record_name, `${value}x`);
    assert.equal((await verify(alice, domainId)).status, 409);
    world.names.setTexts(verification.record_name, value);
    const verified = await verify(alice, domainId);
    assert.equal(verified.status, 200, verified.text);
    assert.notEqual(verified.body.verified_at, null);
    world.names.setTexts(verification.record_name);
    assert.equal((await verify(alice, domainId)).body.verified_at, verified.body.verified_at);
  });

  it('are verified by a file that the host serves itself, and by nothing that it leads to or repeats', async () => {
    const alice = newOwner();
    const host = newHost();
    const { domain_id: domainId, verification } = await bring(alice, host);
    const { record_value: value } = verification;
    for (const [answer, status] of [
      [{ status: 404, text: value }, 409],
      [{ status: 200, text: `<p>${value}</p>` }, 409],
      [{ status: 200, text: value + 'x'.repeat(2_000) }, 409],
      [{ status: 302, text: value, location: `http://${host}/` }, 409],
      [{ status: 200, text: `${value}\n` }, 200],
    ] as const) {
      world.serve(host, answer);
      assert.equal((await verify(alice, domainId)).status, status, JSON.stringify(answer));
    }
  });

  it('are seen, verified, used and deleted by nobody else', async () => {
    const [alice, bob] = [newOwner(), newOwner()];
    const { domain_id: domainId, host } = await bringVerified(alice);
    assert.deepEqual((await setting.call('GET', '/domains', bob)).body.items, []);
    assert.equal((await verify(bob, domainId)).status, 404);
    assert.equal((await setting.call('DELETE', `/domains/${domainId}`, bob)).status, 404);
    const used = await setting.call('POST', '/links', bob, { url: TARGET, host });
    assert.equal(used.status, 422);
    assert.equal(used.body.errors[0].field, 'host');
    for (const [method, path] of [
      ['GET', '/domains'],
      ['POST', '/domains'],
      ['POST', `/domains/${domainId}/verify`],
      ['DELETE', `/domains/${domainId}`],
    ] as const) {
      const body = path === '/domains' && method === 'POST' ? { host } : undefined;
      assert.equal((await setting.call(method, path, undefined, body)).status, 401, `${method} ${path}`);
    }
    assert.equal((await setting.call('GET', '/domains', alice)).body.items.length, 1);
  });

  it('are refused where they are none, are brought already, or are those of the server', async () => {
    const alice = newOwner();
    const host = newHost();
    await bring(alice, host);
    for (const [brought, status] of [
      [host, 409],
      ['https://go.example.org', 422],
      ['10.0.0.1', 422],
      [LINKS_HOST, 422],
      [new URL(PUBLIC_URL).host, 422],
      ['', 422],
    ] as const) {
      const answer = await setting.call('POST', '/domains', alice, { host: brought });
      assert.equal(answer.status, status, brought);
    }
    for (const missing of ['1234567890123456', 'x']) {
      const status = missing === 'x' ? 422 : 404;
      assert.equal((await verify(alice, missing)).status, status);
      assert.equal((await setting.call('DELETE', `/domains/${missing}`, alice)).status, status);
    }
  });

  it(`are at most ${DOMAINS_MAX} an owner, also of those brought at once`, async () => {
    const alice = newOwner();
    const answers = await Promise.all(
      Array.from({ length: DOMAINS_MAX + 5 }, (_, n) =>
        (n % 2 === 0 ? setting : other).call('POST', '/domains', alice, { host: newHost() }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array(DOMAINS_MAX).fill(201), ...Array(5).fill(409)]);
    const page = (await setting.call('GET', '/domains?limit=15', alice)).body;
    const next = (await setting.call('GET', `/domains?limit=15&page_token=${page.next_page_token}`, alice))
      .body;
    assert.deepEqual([page.items.length, next.items.length, next.next_page_token], [15, 5, null]);
    await setting.call('DELETE', `/domains/${page.items[0].domain_id}`, alice);
    await bring(alice, newHost());
  });

  it('belong to one of those who claim them, whoever verifies first, also at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const host = newHost();
      const claims = await Promise.all(
        [newOwner(), newOwner()].map(async (ownerId) => ({ ownerId, domain: await bring(ownerId, host) })),
      );
      const values = claims.map(({ domain }) => domain.verification.record_value);
      world.names.setTexts(`_groundswell-challenge.${host}`, ...values);
      const answers = await Promise.all(
        claims.map(({ ownerId, domain }, index) =>
          verify(ownerId, domain.domain_id, index === 0 ? setting : other),
        ),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
      const loser = claims[answers.findIndex(({ status }) => status === 409)];
      const winner = claims[answers.findIndex(({ status }) => status === 200)];
      assert.ok(loser !== undefined && winner !== undefined);
      const again = await verify(loser.ownerId, loser.domain.domain_id);
      assert.match(again.body.detail, /Another account/);
      // It is free again once it is let go.
      await setting.call('DELETE', `/domains/${winner.domain.domain_id}`, winner.ownerId);
      assert.equal((await verify(loser.ownerId, loser.domain.domain_id)).status, 200);
      const owned = () => setting.shortener.hosts.domainIdOf(host) === Number(loser.domain.domain_id);
      await until(owned);
    }
  });

  it('open links at their root in every process, under codes of their own, and nothing else', async () => {
    const alice = newOwner();
    const { host } = await bringVerified(alice);
    const alias = `spring-${hosts}`;
    const made = await setting.create({ url: TARGET, host: `${host.toUpperCase()}.`, alias }, alice);
    assert.equal(made.short_url, `https://${host}/${alias}`);
    const elsewhere = await setting.create({ url: `${TARGET}/main`, alias }, alice);
    assert.equal(elsewhere.short_url, `https://${LINKS_HOST}/${alias}`);
    const taken = await setting.call('POST', '/links', alice, { url: TARGET, host, alias });
    assert.equal(taken.status, 409);
    for (const process of [setting, other]) {
      for (const [at, location] of [
        [host, TARGET],
        [host.toUpperCase(), TARGET],
        [`${host}:8443`, TARGET],
        [`${host}.`, TARGET],
        [LINKS_HOST, `${TARGET}/main`],
      ] as const) {
        for (let count = 0; count < 2; count += 1) {
          const answer = await openAt(at, alias, process);
          assert.deepEqual([answer.status, answer.headers.location], [302, location], at);
        }
      }
      assert.equal((await openAt(`not.${host}`, alias, process)).status, 404);
      assert.equal((await process.open(alias)).headers.location, `${TARGET}/main`);
      for (const path of ['api/v1/links', '', 'docs', `l/${alias}`]) {
        assert.equal((await openAt(host, path, process)).status, 404, path);
      }
    }
    const { text } = await openAt(host, `${alias}+`);
    assert.ok(text.includes(`https://${host}/${alias}`) && text.includes(TARGET));
    const { code } = await setting.create({ url: TARGET, host }, alice);
    assert.equal((await openAt(host, code)).status, 302);
    assert.equal((await openAt(LINKS_HOST, code)).status, 404);
    await setting.call('PATCH', `/links/${made.link_id}`, alice, { url: `${TARGET}/2` });
    assert.equal((await openAt(host, alias)).headers.location, `${TARGET}/2`);
  });

  it('are no targets of links, so that there are no circles', async () => {
    const alice = newOwner();
    const { host } = await bringVerified(alice);
    for (const url of [`https://${host}/x`, `http://${host}:8080/`, `https://${host}./x`]) {
      const answer = await setting.call('POST', '/links', BOB, { url });
      assert.equal(answer.status, 422, url);
      assert.match(answer.body.detail, /link of this server/);
    }
    const unverified = newHost();
    await bring(alice, unverified);
    assert.equal((await setting.call('POST', '/links', BOB, { url: `https://${unverified}/x` })).status, 201);
  });

  it('can be used as soon as they are verified, by whatever process', async () => {
    const alice = newOwner();
    const host = newHost();
    const { domain_id: domainId, verification } = await bring(alice, host);
    const early = await other.call('POST', '/links', alice, { url: TARGET, host });
    assert.equal(early.status, 422);
    world.names.setTexts(verification.record_name, verification.record_value);
    await verify(alice, domainId);
    assert.equal((await other.call('POST', '/links', alice, { url: TARGET, host })).status, 201);
  });

  it('lead nowhere once they are deleted, and their links are deleted with them', async () => {
    const alice = newOwner();
    const { domain_id: domainId, host } = await bringVerified(alice);
    const count = DOMAIN_LINKS_ERASED_MAX + 1;
    const rows = Array.from({ length: count }, () => setting.create({ url: TARGET, host }, alice));
    const [{ code, link_id: linkId }] = (await Promise.all(rows)) as [Awaited<(typeof rows)[0]>];
    const kept = await setting.create({ url: TARGET }, alice);
    assert.equal((await openAt(host, code, other)).status, 302);
    assert.equal((await setting.call('DELETE', `/domains/${domainId}`, alice)).status, 204);
    await until(() => !isKnown(host) && !isKnown(host, other));
    for (const process of [setting, other]) assert.equal((await openAt(host, code, process)).status, 404);
    assert.equal((await setting.call('DELETE', `/domains/${domainId}`, alice)).status, 404);
    assert.equal((await setting.call('POST', '/links', alice, { url: TARGET, host })).status, 422);
    const erase = setting.shortener.jobs.find(({ name }) => name === 'erase-link-domains');
    assert.ok(erase !== undefined);
    assert.equal(await erase.run(), 'done', 'not yet: a link may be under way');
    time.aheadMs = ERASE_AFTER_MS + 1_000;
    for (let steps = 0; (await erase.run()) === 'more'; steps += 1) assert.ok(steps < 10);
    time.aheadMs = 0;
    assert.equal((await setting.call('GET', `/links/${linkId}`, alice)).status, 404);
    const { items } = (await setting.call('GET', '/links', alice)).body;
    assert.deepEqual(
      items.map((item: { link_id: string }) => item.link_id),
      [kept.link_id],
    );
    // As if it had never been there.
    const { domain_id: newId } = await bringVerified(alice, host);
    assert.notEqual(newId, domainId);
    assert.equal((await openAt(host, code)).status, 404);
    assert.equal(
      (await setting.create({ url: TARGET, host, alias: 'again-here' }, alice)).code,
      'again-here',
    );
  });

  it('are let go when their owner is deleted', async () => {
    const alice = newOwner();
    const { host } = await bringVerified(alice);
    const unverified = newHost();
    await bring(alice, unverified);
    const { code } = await setting.create({ url: TARGET, host }, alice);
    const erasure = setting.shortener.subscriptions.find(({ group }) => group === 'deleted-link-domains');
    assert.ok(erasure !== undefined);
    const consumer = await setting.eventLog.subscribe(erasure);
    await userDeletedEvent(setting, alice);
    await until(() => !isKnown(host) && !isKnown(host, other));
    await consumer.close();
    assert.equal((await openAt(host, code)).status, 404);
    await bringVerified(newOwner(), host);
  });

  it('are brought once for one Idempotency-Key', async () => {
    const host = newHost();
    const key = { 'idempotency-key': 'bring-1' };
    const first = await setting.call('POST', '/domains', ALICE, { host }, key);
    const second = await setting.call('POST', '/domains', ALICE, { host }, key);
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
  });
});

describe('domains of all owners together', () => {
  it(`are at most ${VERIFIED_DOMAINS_MAX}, and known to a process that starts`, async () => {
    const world = await openOutsideWorld();
    const setting = await createLinksSetting({ outsideWorld: world });
    try {
      await setting.sql.query(insertVerified, [VERIFIED_DOMAINS_MAX - 1]);
      for (const [host, status] of [
        ['last.example.org', 200],
        ['more.example.org', 409],
      ] as const) {
        const { body } = await setting.call('POST', '/domains', ALICE, { host });
        world.names.setTexts(body.verification.record_name, body.verification.record_value);
        const answer = await setting.call('POST', `/domains/${body.domain_id}/verify`, ALICE);
        assert.equal(answer.status, status, answer.text);
      }
      const other = await openLinksProcess(setting.database, 2);
      assert.equal(other.shortener.hosts.domainIdOf(`h${VERIFIED_DOMAINS_MAX - 1}.example`), 99_999);
      assert.notEqual(other.shortener.hosts.domainIdOf('last.example.org'), undefined);
      assert.equal(other.shortener.hosts.domainIdOf('more.example.org'), undefined);
      await other.close();
    } finally {
      await setting.close();
      await world.close();
    }
  });
});
