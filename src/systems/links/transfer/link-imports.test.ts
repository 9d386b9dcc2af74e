import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createTransferSetting,
  linesOf,
  type TransferSetting,
} from '../../../../test/support/transfer-setting.ts';
import { shardOf } from '../../../core/ids.ts';
import { insertDomain, markVerified } from '../domains/domains-queries.ts';
import { disownLinks } from '../owners/hidden-owners-queries.ts';
import { addTotals } from '../statistics/roll-up-queries.ts';
import { BULK_ROWS_MAX } from './bulk-routes.ts';
import { SOURCE_CODE_LENGTH_MAX } from './import-results.ts';
import { EXPORT_COLUMNS } from './link-export.ts';
import { getImports } from './link-imports-queries.ts';

describe('importing links', () => {
  let setting: TransferSetting;
  before(async () => {
    setting = await createTransferSetting();
  });
  after(() => setting.close());

  const post = (user: string, query: string, body: string, type = 'text/csv') =>
    setting.call('POST', user, `/links/import?${query}`, { type, body });
  const run = async (user: string, query: string, body: string, type?: string) => {
    const answer = await post(user, query, body, type);
    assert.equal(answer.statusCode, 200, answer.body);
    return linesOf(answer.body);
  };
  const verifyHost = async (user: string, host: string) => {
    const domainId = Number(user) + 1_000_000;
    await setting.sql.query(insertDomain, [domainId, shardOf(Number(user)), Number(user), host, 'token']);
    await setting.sql.query(markVerified, [Number(user), domainId, new Date()]);
  };
  const outcomes = (lines: readonly { outcome: string; code: string | null }[]) =>
    lines.map(({ outcome }) => outcome);
  const linksOf = async (user: string) => (await setting.call('GET', user, '/links?limit=100')).json().items;
  const TABLE = [
    'link,long_url,title,tags,created_at,clicks',
    'https://bit.ly/spring1,https://example.org/1,One,"a,b",2019-10-01T00:00:00Z,7',
    'https://bit.ly/Q,https://example.org/2,,,,',
    'https://bit.ly/admin,https://example.org/3,,,,',
    'https://bit.ly/evil,javascript:alert(1),,,,',
    ',https://example.org/4,,,,',
    'https://bit.ly/spring1,https://example.org/other,,,,',
  ].join('\n');

  it('keeps codes that are free, and says what became of every row', async () => {
    const alice = setting.newUser();
    const lines = await run(alice, 'format=bitly', TABLE);
    assert.deepEqual(
      lines.map(({ row, outcome, source_code: code }) => [row, outcome, code]),
      [
        [1, 'kept', 'spring1'],
        [2, 'kept', 'Q'],
        [3, 'renamed', 'admin'],
        [4, 'skipped', 'evil'],
        [5, 'created', null],
        [6, 'skipped', 'spring1'],
      ],
    );
    assert.deepEqual([lines[0].code, lines[1].code], ['spring1', 'Q']);
    assert.match(lines[2].reason, /reserved/);
    assert.match(lines[3].reason, /url/);
    assert.match(lines[5].reason, /has this code before/);
    const links = await linksOf(alice);
    assert.equal(links.length, 4);
    const kept = links.find(({ code }: { code: string }) => code === 'spring1');
    assert.deepEqual([kept.url, kept.title, kept.tags], ['https://example.org/1', 'One', ['a', 'b']]);
    const source = await setting.call('GET', alice, `/links/${lines[0].link_id}/import`);
    assert.deepEqual(source.json(), {
      source: 'bitly',
      source_code: 'spring1',
      created_at: '2019-10-01T00:00:00.000Z',
      clicks: 7,
    });
    assert.equal(
      (await setting.call('GET', setting.newUser(), `/links/${lines[0].link_id}/import`)).statusCode,
      404,
    );
  });

  it('changes nothing in a dry run, which says what would become of the rows', async () => {
    const [alice, bob] = [setting.newUser(), setting.newUser()];
    const table = TABLE.replaceAll('spring1', 'summer1').replace('/Q,', '/Z,');
    const foreseen = await run(alice, 'format=bitly&dry_run=true', table);
    assert.deepEqual(await linksOf(alice), []);
    const done = await run(alice, 'format=bitly', table);
    assert.deepEqual(outcomes(foreseen), outcomes(done));
    assert.deepEqual(
      foreseen.map(({ code }) => code),
      ['summer1', 'Z', null, null, null, null],
    );
    assert.deepEqual(outcomes(await run(bob, 'format=bitly&dry_run=true', table)), [
      ...['renamed', 'renamed', 'renamed', 'skipped', 'created', 'skipped'],
    ]);
  });

  it('may be repeated: what was taken over is found again, also under a new code', async () => {
    const [alice, bob] = [setting.newUser(), setting.newUser()];
    const table = 'keyword,url\nrep1,https://example.org/1\nrep2,https://example.org/2\n';
    assert.deepEqual(outcomes(await run(alice, 'format=yourls', table)), ['kept', 'kept']);
    const again = await run(alice, 'format=yourls', `${table}rep3,https://example.org/3\n`);
    assert.deepEqual(outcomes(again), ['skipped', 'skipped', 'kept']);
    assert.equal(again[0].reason, 'It was imported before.');
    const taken = await run(bob, 'format=yourls', table);
    assert.deepEqual(outcomes(taken), ['renamed', 'renamed']);
    assert.equal(taken[0].reason, 'Its code is taken here.');
    const takenAgain = await run(bob, 'format=yourls', table);
    assert.deepEqual(
      takenAgain.map(({ outcome, code }) => [outcome, code]),
      taken.map(({ code }) => ['skipped', code]),
    );
    assert.equal((await linksOf(bob)).length, 2);
  });

  it('passes over rows that could not be stored, and takes the others over', async () => {
    const alice = setting.newUser();
    const target = 'https://example.org/';
    const longest = 'x'.repeat(SOURCE_CODE_LENGTH_MAX);
    const data = [
      { address: 'stored1', target, description: 'a\u0000b\ud800', created_at: '-271821-04-20T00:00:00Z' },
      { address: 'a\u0000b', target },
      { address: 'half\ud800', target },
      { address: longest, target },
      { address: `${longest}x`, target },
      { address: 'stored2', target, created_at: '+012026-01-01T00:00:00Z', visit_count: 1e300 },
    ];
    const body = JSON.stringify({ data });
    const lines = await run(alice, 'format=kutt', body, 'application/json');
    assert.deepEqual(outcomes(lines), ['kept', 'skipped', 'skipped', 'renamed', 'skipped', 'kept']);
    assert.match(lines[1].reason, /no text/);
    assert.match(lines[4].reason, /more than 255/);
    assert.equal((await linksOf(alice)).at(-1).title, 'a b');
    const again = await run(alice, 'format=kutt', body, 'application/json');
    assert.deepEqual(outcomes(again), Array(6).fill('skipped'));
  });

  it('takes a code once of many imports at a time', async () => {
    const table = 'keyword,url\nrace,https://example.org/\n';
    const users = Array.from({ length: 8 }, () => setting.newUser());
    const results = (await Promise.all(users.map((user) => run(user, 'format=yourls', table)))).flat();
    assert.deepEqual(outcomes(results).sort(), ['kept', ...Array(7).fill('renamed')]);
  });

  it('opens links at the host name that they had, if it is the owner’s, and knows those of each host apart', async () => {
    const [alice, bob] = [setting.newUser(), setting.newUser()];
    const [own, other] = [`own${alice}.example.net`, `other${alice}.example.net`];
    await verifyHost(alice, own);
    const target = 'https://example.org/';
    const data = [
      { shortCode: 'hosted', longUrl: target, domain: own.toUpperCase() },
      { shortCode: 'hosted', longUrl: target, domain: other },
      { shortCode: 'hosted', longUrl: target, domain: null },
      { shortCode: 'hosted', longUrl: target },
    ];
    const body = JSON.stringify({ data });
    const foreseen = await run(alice, 'format=shlink&dry_run=true', body, 'application/json');
    const done = await run(alice, 'format=shlink', body, 'application/json');
    assert.deepEqual(outcomes(done), ['kept', 'kept', 'renamed', 'skipped']);
    assert.deepEqual(outcomes(foreseen), outcomes(done));
    assert.deepEqual(
      done.map(({ source_code: code }) => code),
      [`${own}/hosted`, `${other}/hosted`, 'hosted', 'hosted'],
    );
    assert.match(done[1].notes[0], /no verified host name/);
    const hosted = (await linksOf(alice)).filter(({ host }: { host: string | null }) => host !== null);
    assert.deepEqual(
      hosted.map(({ short_url: shortUrl }: { short_url: string }) => shortUrl),
      [`https://${own}/hosted`],
    );
    assert.deepEqual(
      outcomes(await run(alice, 'format=shlink', body, 'application/json')),
      Array(4).fill('skipped'),
    );

    const table = (await setting.call('GET', alice, '/links/export?format=csv')).body;
    assert.deepEqual(outcomes(await run(alice, 'format=csv', table)), Array(3).fill('skipped'));
    for (const query of ['format=csv&dry_run=true', 'format=csv']) {
      const lines = await run(bob, query, table);
      assert.deepEqual(outcomes(lines).sort(), ['renamed', 'renamed', 'skipped'], query);
      const skipped = lines.find(({ outcome }) => outcome === 'skipped');
      assert.match(skipped.reason, /host: is not a verified host name of yours/);
    }
  });

  it('forgets where a link came from when it is deleted, whose code stays taken', async () => {
    const alice = setting.newUser();
    const table = 'keyword,url\nbury,https://example.org/\n';
    const [{ link_id: linkId }] = await run(alice, 'format=yourls', table);
    assert.equal((await setting.call('DELETE', alice, `/links/${linkId}`)).statusCode, 204);
    assert.equal((await setting.call('GET', alice, `/links/${linkId}/import`)).statusCode, 404);
    assert.deepEqual(outcomes(await run(alice, 'format=yourls', table)), ['renamed']);
  });

  it('leaves nothing of itself when the account is erased', async () => {
    const alice = setting.newUser();
    const [{ link_id: linkId }] = await run(
      alice,
      'format=yourls',
      'keyword,url\ngone,https://example.org/\n',
    );
    const imports = () => setting.sql.query(getImports, [Number(alice), [Number(linkId)]]);
    assert.equal((await imports()).length, 1);
    await setting.sql.query(disownLinks, [Number(alice), 100, new Date()]);
    assert.deepEqual(await imports(), []);
  });

  it('refuses what is no table of the format before it does anything', async () => {
    const alice = setting.newUser();
    assert.equal((await post(alice, 'format=tinyurl', TABLE)).statusCode, 422);
    assert.equal((await post(alice, 'format=bitly', '')).statusCode, 422);
    assert.equal((await post(alice, 'format=bitly', '{"links":', 'application/json')).statusCode, 422);
    assert.equal((await post(alice, 'format=bitly', '<html>', 'text/html')).statusCode, 415);
    assert.deepEqual(await linksOf(alice), []);
  });

  it(`reads ${BULK_ROWS_MAX} rows and no more`, async () => {
    const row = 'x,javascript:nothing\n';
    const lines = await run(
      setting.newUser(),
      'format=yourls',
      `keyword,url\n${row.repeat(BULK_ROWS_MAX + 5)}`,
    );
    assert.equal(lines.length, BULK_ROWS_MAX + 1);
    assert.match(lines.at(-1).reason, /at most 10000 rows/);
  });

  it('is refused as a whole where nothing says where links lead, or nothing is there', async () => {
    const alice = setting.newUser();
    for (const [body, reason] of [
      ['name,mail\nalice,alice@example.org\n', /names "name", "mail"/],
      ['', /is empty/],
    ] as const) {
      const answer = await post(alice, 'format=csv', body);
      assert.equal(answer.statusCode, 422, answer.body);
      assert.match(answer.json().errors[0].message, reason);
    }
  });
});

describe('exporting links', () => {
  let setting: TransferSetting;
  before(async () => {
    setting = await createTransferSetting();
  });
  after(() => setting.close());

  const exported = async (user: string, format: string) =>
    setting.call('GET', user, `/links/export?format=${format}`);
  const make = async (user: string, rows: readonly object[]) => {
    const body = rows.map((row) => JSON.stringify(row)).join('\n');
    const answer = await setting.call('POST', user, '/links/bulk', { type: 'application/x-ndjson', body });
    for (const line of linesOf(answer.body)) assert.equal(line.status, 201, JSON.stringify(line));
  };
  /** What an import can make the same. */
  const comparable = (link: Record<string, unknown>) => {
    const { code, url, title, tags, redirect_type, pass_query, utm, rules, enabled, expires_at, max_visits } =
      link;
    return { code, url, title, tags, redirect_type, pass_query, utm, rules, enabled, expires_at, max_visits };
  };

  it('names its columns, and no cell is a formula', async () => {
    const alice = setting.newUser();
    const title = '=cmd|"/c calc"!A1';
    await make(alice, [{ url: 'https://example.org/', title, tags: ['@tag', 'b|c'], alias: '-dash' }]);
    const answer = await exported(alice, 'csv');
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    assert.match(String(answer.headers['content-disposition']), /links\.csv/);
    const [header = '', line = ''] = answer.body.split('\r\n');
    assert.deepEqual(header.split(','), EXPORT_COLUMNS);
    assert.ok(
      line.startsWith(`'-dash,https://example.org/,"'=cmd|""/c calc""!A1",'@tag|b\\|c,302,false,`),
      line,
    );
  });

  it('has links as everywhere, one a line of JSON, and nobody else’s', async () => {
    const [alice, bob] = [setting.newUser(), setting.newUser()];
    await make(alice, [{ url: 'https://example.org/1' }, { url: 'https://example.org/2' }]);
    const listed = (await setting.call('GET', alice, '/links')).json().items;
    const lines = linesOf((await exported(alice, 'ndjson')).body);
    assert.deepEqual(
      lines,
      listed.map((link: object) => ({ ...link, imported: null })),
    );
    assert.equal((await exported(bob, 'ndjson')).body, '');
    assert.equal((await exported(bob, 'csv')).body, `${EXPORT_COLUMNS.join(',')}\r\n`);
    assert.equal((await exported(bob, 'xml')).statusCode, 422);
  });

  it('says in CSV how often people have opened each', async () => {
    const alice = setting.newUser();
    await make(alice, [{ url: 'https://example.org/quiet' }, { url: 'https://example.org/loud' }]);
    const [loud] = (await setting.call('GET', alice, '/links')).json().items;
    const [linkId, ownerId] = [Number(loud.link_id), Number(alice)];
    await setting.sql.query(addTotals, [[linkId], [shardOf(ownerId)], [ownerId], [7], [5], [3]]);
    const [header = '', ...lines] = (await exported(alice, 'csv')).body.trimEnd().split('\r\n');
    const column = header.split(',').indexOf('visit_count');
    assert.deepEqual(
      lines.map((line) => line.split(',')[column]),
      ['7', '0'],
    );
  });

  it('goes on over pages', async () => {
    const alice = setting.newUser();
    await make(
      alice,
      Array.from({ length: 1_201 }, (_, number) => ({ url: `https://example.org/${number}` })),
    );
    const lines = linesOf((await exported(alice, 'ndjson')).body);
    assert.deepEqual(
      lines.map(({ url }) => url),
      Array.from({ length: 1_201 }, (_, number) => `https://example.org/${1_200 - number}`),
    );
  });

  it('and importing into an empty account elsewhere makes the same links', async () => {
    const text = (maxLength: number) =>
      fc
        .string({ maxLength, unit: 'grapheme' })
        .filter((each) => !/[\p{Cc}\p{Cs}]/u.test(each) && each === each.trim().normalize('NFC'));
    const title = fc.oneof(
      text(40),
      fc.constantFrom("'=1", '=1+1', '@x', "'", '"', 'a,b', 'a|b', '-1', '0012'),
    );
    const tag = text(20).filter((each) => each !== '' && each === each.toLowerCase());
    const link = fc.record(
      {
        url: fc.webUrl({ validSchemes: ['https'], withQueryParameters: true, withFragments: true }),
        title,
        tags: fc.uniqueArray(tag, { maxLength: 4 }),
        redirect_type: fc.constantFrom(301, 302, 307, 308),
        pass_query: fc.boolean(),
        utm: fc.record({ source: fc.constantFrom('a b', '=x', 'poster') }, { noNullPrototype: true }),
        rules: fc.constantFrom(
          [],
          [
            {
              url: 'https://example.org/de',
              countries: ['DE'],
              percentage: 20,
              starts_at: '2026-01-01T00:00:00.000Z',
            },
          ],
        ),
        enabled: fc.boolean(),
        expires_at: fc.constantFrom(null, '2050-01-01T00:00:00.000Z'),
        max_visits: fc.constantFrom(null, 1, 1_000_000),
      },
      { requiredKeys: ['url'], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(link, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('csv', 'ndjson'),
        async (rows, format) => {
          const [alice, bob] = [setting.newUser(), setting.newUser()];
          const elsewhere = await setting.onOtherServer();
          const body = rows.map((row) => JSON.stringify(row)).join('\n');
          const given = { type: 'application/x-ndjson', body };
          await setting.call('POST', alice, '/links/bulk', given);
          const table = (await exported(alice, format)).body;
          const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
          const answer = await elsewhere.call('POST', bob, '/links/import?format=csv', { type, body: table });
          for (const line of linesOf(answer.body)) assert.equal(line.outcome, 'kept', JSON.stringify(line));
          const before = linesOf((await exported(alice, 'ndjson')).body).map(comparable);
          const after = linesOf((await elsewhere.call('GET', bob, '/links/export?format=ndjson')).body);
          const byCode = (one: { code: string }, other: { code: string }) => (one.code < other.code ? -1 : 1);
          assert.deepEqual(after.map(comparable).sort(byCode as never), before.sort(byCode as never));
        },
      ),
      { numRuns: 60 },
    );
  });
});
