import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ALICE,
  BOB,
  createLinksSetting,
  LINKS_HOST,
  type LinksSetting,
} from '../../../test/support/links-setting.ts';
import { shardOf } from '../../core/ids.ts';
import { readStatement } from '../../ports/sql-store/sql-store.ts';
import { lookOf } from './codes/alias.ts';
import { addTotals } from './statistics/roll-up-queries.ts';

const TARGET = 'https://example.org/';

describe('links', () => {
  let setting: LinksSetting;
  before(async () => {
    setting = await createLinksSetting();
  });
  after(() => setting.close());

  const call = (method: string, path: string, body?: object, userId: number | undefined = ALICE) =>
    setting.call(method, path, userId, body);

  it('are made with a code of seven characters, and shown as they were made', async () => {
    const { status, body } = await call('POST', '/links', { url: TARGET });
    assert.equal(status, 201);
    assert.match(body.code, /^[0-9A-Za-z]{7}$/);
    const { link_id, code, created_at, ...rest } = body;
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      short_url: `https://${LINKS_HOST}/${code}`,
      url: TARGET,
      ...{
        title: '',
        tags: [],
        state: 'active',
        blocked_reason: null,
        warning: null,
        target_check: { state: 'unchecked', checked_at: null, status: null, problem: null },
        host: null,
        redirect_type: 302,
      },
      ...{
        pass_query: false,
        utm: {},
        rules: [],
        card: null,
        enabled: true,
        starts_at: null,
        expires_at: null,
        fallback_url: null,
        max_visits: null,
        visits: 0,
        visit_count: 0,
      },
      ...{ has_password: false, updated_at: null },
    });
    assert.deepEqual((await call('GET', `/links/${link_id}`)).body, body);
  });

  it('say how often people have opened them, one by one, in lists and after a change', async () => {
    const { body: made } = await call('POST', '/links', { url: TARGET, title: 'counted' });
    const [linkId, shard] = [Number(made.link_id), shardOf(ALICE)];
    await setting.sql.query(addTotals, [[linkId], [shard], [ALICE], [7], [5], [3]]);
    const { body: got } = await call('GET', `/links/${linkId}`);
    assert.deepEqual(got, { ...made, visit_count: 7 });
    const { body: page } = await call('GET', '/links?limit=1&search=counted');
    assert.deepEqual(page.items, [got]);
    const { body: changed } = await call('PATCH', `/links/${linkId}`, { title: 'counted on' });
    assert.equal(changed.visit_count, 7);
  });

  it('keep all that their owner says of them, but never show the password', async () => {
    const said = {
      url: 'https://example.org/spring',
      alias: 'Spring-2026',
      title: 'Spring “sale”',
      tags: ['Sale', 'a "quoted\\ one"', 'sale'],
      redirect_type: 301,
      pass_query: true,
      utm: { source: 'poster', campaign: 'spring' },
      rules: [
        { url: 'https://example.org/ios', devices: ['ios'], languages: ['pt-br'], countries: ['de'] },
        { url: 'https://example.org/b', percentage: 50, starts_at: '2026-01-01T00:00:00.000Z' },
        {
          ...{
            url: 'https://example.org/c',
            browsers: ['edge'],
            networks: ['192.0.2.0/24', '2001:db8::/32'],
          },
          query: { ref: 'a "b"', '$.x': null, constructor: '' },
        },
      ],
      expires_at: '2099-01-01T00:00:00.000Z',
      max_visits: 5,
      password: 'open sesame',
    };
    const { status, body, text } = await call('POST', '/links', said);
    assert.equal(status, 201, text);
    const { alias, password: _, ...shown } = said;
    const expected = {
      ...shown,
      ...{ code: alias, has_password: true, tags: ['sale', 'a "quoted\\ one"'] },
      rules: [{ ...said.rules[0], languages: ['pt-BR'], countries: ['DE'] }, ...said.rules.slice(1)],
    };
    assert.deepEqual({ ...body, ...expected }, body);
    assert.deepEqual((await call('GET', `/links/${body.link_id}`)).body, body);
    assert.ok(!text.includes('sesame'));
  });

  it('have rules of ten parameters with names and values of a hundred characters', async () => {
    const query = { ...parameters(9), ['n'.repeat(100)]: 'v'.repeat(100) };
    const { status, body } = await call('POST', '/links', { url: TARGET, rules: [{ url: TARGET, query }] });
    assert.equal(status, 201);
    assert.deepEqual(body.rules[0].query, query);
  });

  it('are made for who is signed in', async () => {
    assert.equal((await setting.call('POST', '/links', undefined, { url: TARGET })).status, 401);
  });

  it('of one alias, or one that looks like it, are made once, whoever asks', async () => {
    await setting.create({ url: TARGET, alias: 'Bargain' });
    for (const [alias, userId] of [
      ['Bargain', BOB],
      ['bargain', BOB],
      ['BARGA1N', ALICE],
    ] as const) {
      const { status, body } = await call('POST', '/links', { url: TARGET, alias }, userId);
      assert.equal(status, 409);
      assert.equal(body.errors[0].field, 'alias');
    }
  });

  it('of one alias that many ask for at the same time are made once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        call(
          'POST',
          '/links',
          { url: TARGET, alias: index % 2 === 0 ? 'rush-hour' : 'RUSH_HOUR' },
          ALICE + index,
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array.from({ length: 29 }, () => 409)]);
  });

  it('made at the same time have codes of their own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, () => call('POST', '/links', { url: TARGET })),
    );
    assert.equal(new Set(answers.map(({ body }) => body.code)).size, 300);
  });

  it('take the next code where the counter comes to one that is an alias', async () => {
    const first = await setting.shortener.links.create(
      ALICE,
      { url: TARGET, alias: 'AbCdEf9', imported: true },
      { claim: undefined, present: () => ({ status: 201, body: '' }) },
    );
    assert.equal(first.outcome, 'created');
    assert.equal(lookOf('AbCdEf9'), lookOf('abcdef9'));
    // An imported code stands in no alias's way, and the other way round.
    assert.equal((await call('POST', '/links', { url: TARGET, alias: 'abcdef9' })).status, 201);
    assert.equal((await call('POST', '/links', { url: TARGET, alias: 'AbCdEf9' })).status, 409);
  });

  it('are refused with the name of each field that is wrong', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{}, 'url'],
      [{ url: 'javascript:alert(1)' }, 'url'],
      [{ url: `https://${LINKS_HOST}/abc` }, 'url'],
      [{ url: TARGET, alias: 'a b' }, 'alias'],
      [{ url: TARGET, alias: 'api' }, 'alias'],
      [{ url: TARGET, alias: 'x'.repeat(65) }, 'alias'],
      [{ url: TARGET, host: 'links.alice.example' }, 'host'],
      [{ url: TARGET, title: 'x'.repeat(201) }, 'title'],
      [{ url: TARGET, title: 'two\nlines' }, 'title'],
      [{ url: TARGET, tags: Array.from({ length: 21 }, (_, index) => `t${index}`) }, 'tags'],
      [{ url: TARGET, tags: ['x'.repeat(51)] }, 'tags'],
      [{ url: TARGET, tags: [' '] }, 'tags'],
      [{ url: TARGET, redirect_type: 303 }, 'redirect_type'],
      [{ url: TARGET, expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
      [{ url: TARGET, expires_at: 'soon' }, 'expires_at'],
      [{ url: TARGET, max_visits: 0 }, 'max_visits'],
      [{ url: TARGET, max_visits: 1_000_000_001 }, 'max_visits'],
      [{ url: TARGET, password: 'abc' }, 'password'],
      [{ url: TARGET, utm: { source: 'x'.repeat(201) } }, 'utm.source'],
      [{ url: `https://example.org/${'x'.repeat(4_060)}`, utm: { source: 'poster' } }, 'utm'],
      [
        { url: TARGET, utm: { source: '€'.repeat(200), term: '€'.repeat(200), medium: '€'.repeat(200) } },
        'utm',
      ],
      [{ url: TARGET, rules: [{ url: TARGET }] }, 'rules.0'],
      [{ url: TARGET, rules: [{ url: TARGET, devices: [] }] }, 'rules.0.devices'],
      [{ url: TARGET, rules: [{ url: 'http://127.1/', devices: ['ios'] }] }, 'rules.0.url'],
      [{ url: TARGET, rules: [{ url: TARGET, languages: ['x y'] }] }, 'rules.0.languages'],
      [{ url: TARGET, rules: [{ url: TARGET, browsers: ['lynx'] }] }, 'rules.0.browsers.0'],
      [{ url: TARGET, rules: [{ url: TARGET, networks: ['10.0.0.0/33'] }] }, 'rules.0.networks'],
      [{ url: TARGET, rules: [{ url: TARGET, networks: ['fe80::1%eth0'] }] }, 'rules.0.networks'],
      [{ url: TARGET, rules: [{ url: TARGET, query: {} }] }, 'rules.0.query'],
      [{ url: TARGET, rules: [{ url: TARGET, query: { '': 'x' } }] }, 'rules.0.query'],
      [{ url: TARGET, rules: [{ url: TARGET, query: { a: '\0' } }] }, 'rules.0.query'],
      [{ url: TARGET, rules: [{ url: TARGET, query: { ['n'.repeat(101)]: 'x' } }] }, 'rules.0.query'],
      [{ url: TARGET, rules: [{ url: TARGET, query: parameters(11) }] }, 'rules.0.query'],
      [
        {
          url: TARGET,
          rules: [
            { url: TARGET, percentage: 60 },
            { url: TARGET, percentage: 41 },
          ],
        },
        'rules',
      ],
      [
        {
          url: TARGET,
          rules: [{ url: TARGET, starts_at: '2026-01-02T00:00:00Z', ends_at: '2026-01-01T00:00:00Z' }],
        },
        'rules.0.ends_at',
      ],
      [
        { url: TARGET, rules: Array.from({ length: 21 }, () => ({ url: TARGET, devices: ['ios'] })) },
        'rules',
      ],
    ];
    for (const [body, field] of wrong) {
      const answer = await call('POST', '/links', body);
      assert.equal(answer.status, 422, JSON.stringify(body));
      assert.equal(answer.body.errors[0].field, field, answer.text);
    }
  });

  it('are made once for an Idempotency-Key, whose answer is the same again', async () => {
    const headers = { 'idempotency-key': 'links-1' };
    const made = await setting.call('POST', '/links', ALICE, { url: TARGET, alias: 'once-only' }, headers);
    assert.equal(made.status, 201);
    const again = await setting.call('POST', '/links', ALICE, { url: TARGET, alias: 'once-only' }, headers);
    assert.equal(again.text, made.text);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    const other = await setting.call('POST', '/links', ALICE, { url: 'https://example.org/2' }, headers);
    assert.equal(other.status, 422);
    const bobs = await setting.call('POST', '/links', BOB, { url: TARGET }, headers);
    assert.equal(bobs.status, 201);
  });

  it('are others where the password is another one, though no key knows it', async () => {
    const send = (body: object, key: string) =>
      setting.call('POST', '/links', ALICE, { url: TARGET, ...body }, { 'idempotency-key': key });
    const first = await send({ password: 'open sesame' }, 'links-password');
    assert.equal(first.status, 201);
    const again = await send({ password: 'open sesame' }, 'links-password');
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(again.body.link_id, first.body.link_id);
    for (const body of [{ password: 'close sesame' }, {}, { password: null }]) {
      assert.equal((await send(body, 'links-password')).status, 422);
    }
    assert.equal((await send({}, 'links-open')).status, 201);
    assert.equal((await send({ password: 'open sesame' }, 'links-open')).status, 422);
    await setting.call('PATCH', `/links/${first.body.link_id}`, ALICE, { password: 'another one' });
    assert.equal((await send({ password: 'open sesame' }, 'links-password')).status, 201);
  });

  it('of one Idempotency-Key sent many times at once are made once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        setting.call('POST', '/links', ALICE, { url: TARGET }, { 'idempotency-key': 'links-2' }),
      ),
    );
    const codes = answers.filter(({ status }) => status === 201).map(({ body }) => body.code);
    assert.equal(new Set(codes).size, 1);
    assert.ok(answers.every(({ status }) => status === 201 || status === 409));
  });

  it('of someone else are not found, whatever is asked', async () => {
    const { link_id } = await setting.create({ url: TARGET });
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/history', undefined],
      ['PATCH', '', { title: 'mine now' }],
      ['DELETE', '', undefined],
    ] as const) {
      assert.equal(
        (await call(method, `/links/${link_id}${path}`, body, BOB)).status,
        404,
        `${method} ${path}`,
      );
    }
    assert.equal((await call('GET', `/links/${link_id}`)).body.title, '');
  });

  it('change in what is said, and keep where they led before', async () => {
    const { link_id } = await setting.create({
      url: TARGET,
      title: 'first',
      max_visits: 9,
      password: 'open sesame',
    });
    const second = await call('PATCH', `/links/${link_id}`, {
      url: 'https://example.org/2',
      title: 'second',
    });
    assert.equal(second.status, 200);
    assert.equal(second.body.url, 'https://example.org/2');
    assert.equal(second.body.max_visits, 9);
    assert.equal(second.body.has_password, true);
    const third = await call('PATCH', `/links/${link_id}`, {
      ...{ max_visits: null, password: null, expires_at: null },
      rules: [{ url: 'https://example.org/3', devices: ['ios'] }],
    });
    assert.equal(third.body.max_visits, null);
    assert.equal(third.body.has_password, false);
    await call('PATCH', `/links/${link_id}`, { title: 'a change of the title alone is none of the target' });
    const { body } = await call('GET', `/links/${link_id}/history`);
    assert.deepEqual(
      body.items.map(({ url, rules }: { url: string; rules: object[] }) => [url, rules.length]),
      [
        ['https://example.org/2', 0],
        [TARGET, 0],
      ],
    );
    const { body: page } = await call('GET', `/links/${link_id}/history?limit=1`);
    assert.equal(page.items.length, 1);
    const next = await call('GET', `/links/${link_id}/history?limit=1&page_token=${page.next_page_token}`);
    assert.equal(next.body.items[0].url, TARGET);
    assert.equal(next.body.next_page_token, null);
  });

  it('are not changed into what could not be made', async () => {
    const { link_id } = await setting.create({ url: TARGET });
    for (const body of [
      { url: 'http://[::ffff:127.0.0.1]/' },
      { rules: [{ url: 'http://169.254.169.254/', devices: ['ios'] }] },
      { code: 'other' },
      {},
    ]) {
      assert.equal((await call('PATCH', `/links/${link_id}`, body)).status, 422, JSON.stringify(body));
    }
    const nothing = await call('PATCH', `/links/${link_id}`, {});
    assert.deepEqual([nothing.status, nothing.body.detail], [422, 'body: must have at least 1 field.']);
  });

  it('that are deleted are gone, and their code is never given out again', async () => {
    const { link_id } = await setting.create({ url: TARGET, alias: 'short-lived' });
    assert.equal((await call('DELETE', `/links/${link_id}`)).status, 204);
    assert.equal((await call('GET', `/links/${link_id}`)).status, 404);
    assert.equal((await call('DELETE', `/links/${link_id}`)).status, 404);
    const again = await call('POST', '/links', { url: TARGET, alias: 'short-lived' }, BOB);
    assert.equal(again.status, 409);
    const { body } = await call('GET', '/links?search=short-lived');
    assert.deepEqual(body.items, []);
  });

  it('are listed newest first, page by page, and only to their owner', async () => {
    const dave = ALICE + 8_000;
    const made: string[] = [];
    for (const url of ['https://example.org/1', 'https://example.org/2', 'https://example.org/3']) {
      made.unshift((await setting.create({ url }, dave)).link_id);
    }
    const listed: string[] = [];
    for (let token: string | null = ''; token !== null; ) {
      const { body } = await call('GET', `/links?limit=2&page_token=${token}`, undefined, dave);
      listed.push(...body.items.map(({ link_id }: { link_id: string }) => link_id));
      token = body.next_page_token;
    }
    assert.deepEqual(listed, made);
    assert.deepEqual((await call('GET', '/links', undefined, dave + 8)).body.items, []);
  });

  it('are found by tag, by text, by when they were made and by how they stand', async () => {
    const erin = ALICE + 16_000;
    const plain = await setting.create(
      { url: 'https://example.org/Needle', title: 'One', tags: ['red'] },
      erin,
    );
    const limited = await setting.create(
      { url: TARGET, title: '50%_off', tags: ['blue'], max_visits: 1 },
      erin,
    );
    const find = async (query: string): Promise<string[]> => {
      const { body, status, text } = await call('GET', `/links?${query}`, undefined, erin);
      assert.equal(status, 200, text);
      return body.items.map(({ link_id }: { link_id: string }) => link_id);
    };
    assert.deepEqual(await find('tag=RED'), [plain.link_id]);
    assert.deepEqual(await find('search=needle'), [plain.link_id]);
    assert.deepEqual(await find(`search=${encodeURIComponent('%_')}`), [limited.link_id]);
    assert.deepEqual(await find('search=nothing'), []);
    assert.deepEqual(await find(`search=${plain.code}`), [plain.link_id]);
    assert.deepEqual(await find('created_from=2099-01-01T00:00:00Z'), []);
    assert.equal((await call('GET', '/links?created_from=2016-12-31T23:59:60Z')).status, 422);
    assert.deepEqual(await find('created_before=2023-01-01T00:00:00Z'), []);
    assert.deepEqual(await find('created_from=2023-01-01T00:00:00Z'), [limited.link_id, plain.link_id]);
    assert.deepEqual(await find('state=used_up'), []);
    assert.equal((await setting.open(limited.code)).status, 302);
    assert.deepEqual(await find('state=used_up'), [limited.link_id]);
    assert.deepEqual(await find('state=active'), [plain.link_id]);
    assert.deepEqual(await find('state=expired'), []);
  });

  it('announce what becomes of them, without the password', async () => {
    const frank = ALICE + 24_000;
    const { link_id } = await setting.create({ url: TARGET, password: 'open sesame' }, frank);
    await call('PATCH', `/links/${link_id}`, { title: 'new' }, frank);
    await call('DELETE', `/links/${link_id}`, undefined, frank);
    await setting.tail.catchUp();
    const events = await setting.sql.query(announced, [frank]);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['created', 'updated', 'deleted'],
    );
    assert.equal(events[1]?.payload['title'], 'new');
    assert.equal(events[0]?.payload['has_password'], true);
    assert.ok(!JSON.stringify(events).includes('sesame'));
  });
});

const announced = readStatement<[number], { kind: string; payload: Record<string, unknown> }>(
  'test_links_announced',
  `SELECT kind, payload FROM event_log WHERE topic = 'links' AND key = $1 ORDER BY "offset"`,
);

function parameters(count: number): Record<string, null> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, null]));
}
