import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  createTransferSetting,
  linesOf,
  type TransferSetting,
} from '../../../../test/support/transfer-setting.ts';
import { until } from '../../../../test/support/until.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';
import { BULK_BYTES_MAX, BULK_PASSWORDS_MAX, BULK_ROWS_MAX } from './bulk-routes.ts';

const countLinks = readStatement<[ownerId: number], { links: number }>(
  'test_count_links',
  'SELECT count(*)::int AS links FROM links WHERE owner_id = $1 AND deleted_at IS NULL',
);

const NDJSON = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

describe('POST /links/bulk', () => {
  let setting: TransferSetting;
  before(async () => {
    setting = await createTransferSetting();
  });
  after(() => setting.close());

  const post = (user: string, body: string | Buffer, type = NDJSON, headers: Record<string, string> = {}) =>
    setting.call('POST', user, '/links/bulk', { type, body, headers });
  const count = async (user: string) => (await setting.sql.query(countLinks, [Number(user)]))[0]?.links;
  const ndjson = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

  it('makes a link of each row, in the three types, and answers a line for each in order', async () => {
    const rows = [
      { url: 'https://example.org/1', title: 'One', tags: ['a', 'b'], max_visits: 5, pass_query: true },
      { url: 'https://example.org/2', alias: 'two', redirect_type: 301, utm: { source: 'x' } },
      { url: 'https://example.org/3', rules: [{ url: 'https://example.org/de', countries: ['DE'] }] },
    ];
    const csv = [
      'url,title,tags,max_visits,pass_query,alias,redirect_type,utm_source,rules',
      'https://example.org/1,One,a|b,5,true,,,,',
      'https://example.org/2,,,,,TWO,301,x,',
      'https://example.org/3,,,,,,,,"[{""url"":""https://example.org/de"",""countries"":[""DE""]}]"',
    ].join('\r\n');
    const [one, , three] = rows;
    const bodies: [string, string][] = [
      [NDJSON, ndjson(rows)],
      [JSON_TYPE, JSON.stringify([one, { ...rows[1], alias: 'second' }, three])],
      ['text/csv; charset=utf-8', `\ufeff${csv.replace('TWO', 'zweites')}`],
    ];
    for (const [type, body] of bodies) {
      const answer = await post(setting.newUser(), body, type);
      assert.equal(answer.statusCode, 200, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/x-ndjson/);
      const lines = linesOf(answer.body);
      assert.deepEqual(
        lines.map(({ row, status }) => [row, status]),
        [
          [1, 201],
          [2, 201],
          [3, 201],
        ],
        answer.body,
      );
      const [first, second, third] = lines.map(({ link }) => link);
      assert.deepEqual(
        [first.title, first.tags, first.max_visits, first.pass_query],
        ['One', ['a', 'b'], 5, true],
      );
      assert.deepEqual([second.redirect_type, second.utm], [301, { source: 'x' }]);
      assert.equal(second.short_url, `https://go.test/${second.code}`);
      assert.equal(third.rules[0].url, 'https://example.org/de');
    }
  });

  it('names the field of each wrong row, and carries out the others', async () => {
    const alice = setting.newUser();
    await post(alice, ndjson([{ url: 'https://example.org/', alias: 'taken-already' }]));
    const answer = await post(
      alice,
      `${ndjson([
        { url: 'https://example.org/1' },
        { url: 'javascript:alert(1)' },
        { url: 'http://127.1/' },
        { url: 'https://example.org/', alias: 'taken-already' },
        { url: 'https://example.org/', aliass: 'x' },
        { title: 'no target', max_visits: 'five' },
      ])}nonsense\n${ndjson([{ url: 'https://example.org/2' }])}`,
    );
    const lines = linesOf(answer.body);
    assert.deepEqual(
      lines.map(({ row, status }) => [row, status]),
      [
        [1, 201],
        [2, 422],
        [3, 422],
        [4, 409],
        [5, 422],
        [6, 422],
        [7, 422],
        [8, 201],
      ],
    );
    const fieldsOf = ({ problem }: { problem: { errors: { field: string }[] } }) =>
      problem.errors.map(({ field }) => field).sort();
    assert.deepEqual(lines.slice(1, 7).map(fieldsOf), [
      ['url'],
      ['url'],
      ['alias'],
      ['aliass'],
      ['max_visits', 'url'],
      ['row'],
    ]);
    assert.equal(await count(alice), 3);
  });

  it(`takes ${BULK_ROWS_MAX} rows, and not one more`, async () => {
    const alice = setting.newUser();
    const rows = '{"url":"https://example.org/"}\n'.repeat(BULK_ROWS_MAX);
    const lines = linesOf((await post(alice, rows)).body);
    assert.equal(lines.length, BULK_ROWS_MAX);
    assert.ok(lines.every(({ row, status }, index) => row === index + 1 && status === 201));
    assert.equal(await count(alice), BULK_ROWS_MAX);
    const more = linesOf((await post(alice, `${rows}${rows}`)).body);
    assert.equal(more.length, BULK_ROWS_MAX + 1);
    assert.equal(more.at(-1).row, BULK_ROWS_MAX + 1);
    assert.match(more.at(-1).problem.detail, /at most 10000 rows/);
    assert.equal(await count(alice), 2 * BULK_ROWS_MAX);
  });

  it('refuses what it cannot read before it does anything', async () => {
    const alice = setting.newUser();
    const refusals: [string | Buffer, string, number][] = [
      ['<html>', 'text/html', 415],
      ['{"url":"https://example.org/"}', JSON_TYPE, 422],
      ['', 'text/csv', 422],
      ['url,colour\nhttps://example.org/,red\n', 'text/csv', 422],
      [Buffer.from([0x7b, 0xff, 0x7d]), NDJSON, 422],
      [Buffer.alloc(BULK_BYTES_MAX + 1, '\n'), NDJSON, 413],
    ];
    for (const [body, type, status] of refusals) {
      const answer = await post(alice, body, type);
      assert.equal(answer.statusCode, status, `${type} ${answer.body}`);
      assert.match(String(answer.headers['content-type']), /problem\+json/);
    }
    assert.equal((await setting.call('POST', alice, '/links/bulk', {})).statusCode, 422, 'no body');
    assert.equal((await post(alice, '', NDJSON)).statusCode, 200, 'no rows');
    assert.equal(await count(alice), 0);
  });

  it('refuses a row that is too long, and formulas are only text to it', async () => {
    const alice = setting.newUser();
    const long = 'x'.repeat(100_000);
    const csv = `url,title\nhttps://example.org/1,=HYPERLINK("https://evil.example")\nhttps://example.org/2,${long}\nhttps://example.org/3,'=1+1\n`;
    const lines = linesOf((await post(alice, csv, 'text/csv')).body);
    assert.deepEqual(
      lines.map(({ status }) => status),
      [201, 422, 201],
    );
    assert.equal(lines[0].link.title, '=HYPERLINK("https://evil.example")');
    assert.match(lines[1].problem.detail, /at most 65536 characters/);
    assert.equal(lines[2].link.title, '=1+1');
  });

  it('carries each row out once for an Idempotency-Key, also after an interruption', async () => {
    const alice = setting.newUser();
    const headers = { 'idempotency-key': 'monday' };
    const rows = [1, 2, 3].map((number) => ({ url: `https://example.org/${number}` }));
    const begun = linesOf((await post(alice, ndjson(rows.slice(0, 2)), NDJSON, headers)).body);
    const repeated = linesOf((await post(alice, ndjson(rows), NDJSON, headers)).body);
    assert.deepEqual(
      repeated.map(({ status, replayed }) => [status, replayed ?? false]),
      [
        [201, true],
        [201, true],
        [201, false],
      ],
    );
    assert.deepEqual(repeated[0].link, begun[0].link);
    assert.equal(await count(alice), 3);
    const changed = linesOf((await post(alice, ndjson([rows[1] ?? {}]), NDJSON, headers)).body);
    assert.equal(changed[0].status, 422);
    assert.equal(changed[0].problem.errors[0].field, 'Idempotency-Key');
    const bob = setting.newUser();
    assert.equal(linesOf((await post(bob, ndjson(rows), NDJSON, headers)).body)[0].replayed, undefined);
  });

  it(`gives passwords to ${BULK_PASSWORDS_MAX} links, and not to one more`, async () => {
    const rows = Array.from({ length: BULK_PASSWORDS_MAX + 1 }, () => ({
      url: 'https://example.org/',
      password: 'open sesame',
    }));
    const answer = await post(setting.newUser(), ndjson(rows));
    const lines = linesOf(answer.body);
    assert.ok(lines.slice(0, BULK_PASSWORDS_MAX).every(({ status }) => status === 201));
    assert.equal(lines[BULK_PASSWORDS_MAX].problem.errors[0].field, 'password');
    assert.ok(!answer.body.includes('sesame'));
  });

  describe('over a connection', () => {
    let port: number;
    before(async () => {
      await setting.app.listen({ port: 0, host: '127.0.0.1' });
      port = (setting.app.server.address() as AddressInfo).port;
    });

    const open = (user: string) =>
      http.request({
        ...{ port, method: 'POST', path: '/api/v1/links/bulk', agent: false },
        headers: { authorization: `Bearer ${user}`, 'content-type': NDJSON },
      });

    it('answers a row while others are still to come', async () => {
      const request = open(setting.newUser());
      request.write('{"url":"https://example.org/1"}\n');
      const [response] = await once(request, 'response');
      const pieces = response.setEncoding('utf8')[Symbol.asyncIterator]();
      assert.equal(JSON.parse((await pieces.next()).value).row, 1);
      request.end('{"url":"https://example.org/2"}\n');
      assert.equal(JSON.parse((await pieces.next()).value).row, 2);
      assert.equal((await pieces.next()).done, true);
    });

    it('takes everything from a client that reads nothing before it has sent all', async () => {
      const request = open(setting.newUser());
      const rows = `{"url":"https://example.org/${'x'.repeat(900)}"}\n`.repeat(BULK_ROWS_MAX);
      let body = '';
      const answered = once(request, 'response');
      await new Promise<void>((resolve) => request.end(rows, resolve));
      const [response] = await answered;
      for await (const piece of response.setEncoding('utf8')) body += piece;
      assert.equal(linesOf(body).length, BULK_ROWS_MAX);
    });

    it('stops when the client goes away, with whole links', async () => {
      const bob = setting.newUser();
      const request = open(bob);
      request.on('error', () => undefined);
      request.write('{"url":"https://example.org/"}\n'.repeat(500));
      await once(request, 'response');
      request.destroy();
      let before = -1;
      await until(async () => {
        const now = (await count(bob)) ?? 0;
        const same = now === before && now > 0;
        before = now;
        return same;
      });
      assert.ok(before <= 500);
      assert.equal(linesOf((await post(bob, '{"url":"https://example.org/"}\n')).body)[0].status, 201);
    });
  });

  it('is for the scope links:write, and only for oneself', async () => {
    const answer = await setting.app.inject({
      method: 'POST',
      url: '/api/v1/links/bulk',
      headers: { 'content-type': NDJSON },
      payload: '{"url":"https://example.org/"}',
    });
    assert.equal(answer.statusCode, 401);
    const { paths } = (await setting.app.inject({ url: '/openapi.json' })).json();
    const { security, requestBody, responses } = paths['/api/v1/links/bulk'].post;
    assert.deepEqual(security.at(-1), { api_key: ['links:write'] });
    assert.deepEqual(Object.keys(requestBody.content).sort(), [JSON_TYPE, NDJSON, 'text/csv']);
    assert.deepEqual(Object.keys(responses['200'].content), [NDJSON]);
  });
});
