import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.ts';
import { guardCell, readCell, readTagsCell, tagsCell } from './csv-cells.ts';
import { csvRows } from './csv-rows.ts';
import { jsonRows } from './json-rows.ts';
import { ndjsonRows } from './ndjson-rows.ts';
import { atMost, ROW_LENGTH_MAX, type Row, UNENDED_LENGTH_MAX, whileReadable } from './row.ts';
import { utf8Text } from './utf8-text.ts';

async function* pieces(...texts: readonly string[]) {
  yield* texts;
}

async function* bytes(...chunks: readonly Uint8Array[]) {
  yield* chunks;
}

async function joined(texts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of texts) text += piece;
  return text;
}

async function all(rows: AsyncIterable<Row>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const row of rows)
    found.push('problem' in row ? `${row.row}: ${row.problem.message}` : row.record);
  return found;
}

const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === 'invalid' && pattern.test(error.message);

/** The text in pieces that break it at these places. */
function broken(text: string, places: readonly number[]): string[] {
  const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((one, other) => one - other)];
  return cuts.map((cut, index) => text.slice(cut, cuts[index + 1] ?? text.length));
}

const places = fc.array(fc.nat(), { maxLength: 5 });
const records = fc.array(
  fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string(), { noNullPrototype: true }),
  { maxLength: 6 },
);

describe('bytes as text', () => {
  it('lose their byte order mark, are put together across pieces, and must be UTF-8', async () => {
    const text = Buffer.from('\ufeffgrün 👩‍👧');
    const read = async (...chunks: Uint8Array[]) => joined(utf8Text(bytes(...chunks)));
    for (let cut = 0; cut <= text.length; cut += 1) {
      assert.equal(await read(text.subarray(0, cut), text.subarray(cut)), 'grün 👩‍👧');
    }
    await assert.rejects(read(Buffer.from([0x61, 0xff])), invalid(/not UTF-8/));
    await assert.rejects(read(text.subarray(0, text.length - 1)), invalid(/not UTF-8/));
  });
});

describe('lines of JSON', () => {
  it('are read however they are broken into pieces', () =>
    fc.assert(
      fc.asyncProperty(records, places, fc.constantFrom('\n', '\r\n', '\n\n'), async (given, cuts, end) => {
        const text = given.map((record) => JSON.stringify(record) + end).join('');
        assert.deepEqual(await all(ndjsonRows(pieces(...broken(text, cuts)))), given);
        const unended = text.slice(0, text.length - end.length);
        assert.deepEqual(await all(ndjsonRows(pieces(...broken(unended, cuts)))), given);
      }),
    ));

  it('that are wrong or too long do not spoil the others', async () => {
    const long = JSON.stringify({ url: 'x'.repeat(100_000) });
    const text = ['{"a":1}', '{"a":', '[1]', 'null', long, '{"a":2}'].join('\n');
    assert.deepEqual(await all(ndjsonRows(pieces(...broken(text, [50_000, 90_000])))), [
      { a: 1 },
      '2: row: must be a JSON object on one line.',
      '3: row: must be a JSON object.',
      '4: row: must be a JSON object.',
      `5: row: must have at most ${ROW_LENGTH_MAX} characters.`,
      { a: 2 },
    ]);
    const exact = JSON.stringify({ a: 'x'.repeat(ROW_LENGTH_MAX - 8) });
    assert.equal(exact.length, ROW_LENGTH_MAX);
    assert.deepEqual(await all(ndjsonRows(pieces(exact))), [JSON.parse(exact)]);
  });
});

describe('a JSON array', () => {
  it('is read however it is broken into pieces', () =>
    fc.assert(
      fc.asyncProperty(records, places, async (given, cuts) => {
        const text = JSON.stringify(given, null, 2);
        assert.deepEqual(await all(jsonRows(pieces(...broken(text, cuts)))), given);
        const wrapped = JSON.stringify({ pagination: { page: [1] }, data: given });
        assert.deepEqual(await all(jsonRows(pieces(...broken(wrapped, cuts)), ['$.data.*'])), given);
      }),
    ));

  it('that is broken is read up to there, and says where', async () => {
    const read = (text: string) => all(whileReadable(jsonRows(pieces(text))));
    assert.deepEqual(await read('[{"a":1},{"a":2},nonsense,{"a":3}]'), [
      { a: 1 },
      { a: 2 },
      '3: It is not JSON. Row 3 and what follows was not read.',
    ]);
    assert.deepEqual(await read('[{"a":1}'), [
      { a: 1 },
      '2: It is not the whole of the JSON. Row 2 and what follows was not read.',
    ]);
    assert.deepEqual(await all(jsonRows(pieces('[1, [2], {"a":3}]'))), [
      '1: row: must be a JSON object.',
      '2: row: must be a JSON object.',
      { a: 3 },
    ]);
    for (const text of ['', '  ', '{"a":1}', '"text"', 'url,title']) {
      await assert.rejects(read(text), invalid(/JSON array/), text);
    }
  });

  it('whose element is nested too deeply refuses it, and reads on', async () => {
    const depth = 100_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const element of [deep, `{"a":${deep}}`]) {
      assert.deepEqual(await all(jsonRows(pieces(`[${element},{"a":1}]`))), [
        '1: row: is nested too deeply.',
        { a: 1 },
      ]);
    }
  });

  it('whose element is too long refuses it, and gives up where one does not end', async () => {
    const long = 'x'.repeat(100_000);
    assert.deepEqual(await all(jsonRows(pieces(`[{"a":"${long}"},{"a":1}]`))), [
      `1: row: must have at most ${ROW_LENGTH_MAX} characters.`,
      { a: 1 },
    ]);
    const endless = Array.from({ length: 20 }, () => long);
    assert.ok(endless.join('').length > UNENDED_LENGTH_MAX);
    await assert.rejects(all(jsonRows(pieces('[{"a":"', ...endless))), invalid(/does not end/));
  });
});

describe('CSV', () => {
  const nameOf = (column: string) => column;
  const read = (...texts: readonly string[]) => all(csvRows(pieces(...texts), { nameOf }));

  it('is read as it was written, however it is broken into pieces', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ minLength: 1 }), { minLength: 3, maxLength: 3 }), { maxLength: 6 }),
        places,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom(',', ';', '\t'),
        async (cells, cuts, end, delimiter) => {
          const text = stringify([['a', 'b', 'c'], ...cells], {
            ...{ delimiter, record_delimiter: end },
            quoted_match: /[\r\n]/,
          });
          const expected = cells.map(([a, b, c]) => ({ a, b, c }));
          assert.deepEqual(await read(...broken(text, cuts)), expected);
        },
      ),
    ));

  it('has its cells parted by what parts its columns', async () => {
    const wanted = [{ url: 'x,y;z', title: 'w' }];
    assert.deepEqual(await read('url;title\n"x,y;z";w'), wanted);
    assert.deepEqual(await read('\r\n\r\n"url"\t"title"\r\nx,y;z\tw\r\n'), wanted);
    assert.deepEqual(await read('"a;b;c",d\n1,2'), [{ 'a;b;c': '1', d: '2' }]);
    assert.deepEqual(await read('url\nx;y\nz'), [{ url: 'x;y' }, { url: 'z' }]);
  });

  it('has its columns by name, and leaves out what is empty', async () => {
    assert.deepEqual(await read('url,title\r\n"a""b",\r\n\r\nx,"two\r\nlines"\r\n'), [
      { url: 'a"b' },
      { url: 'x', title: 'two\r\nlines' },
    ]);
    assert.deepEqual(await read('__proto__,constructor\nx,y'), [
      Object.fromEntries([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    ]);
  });

  it('that is wrong in a row does not spoil the others', async () => {
    const long = 'x'.repeat(100_000);
    assert.deepEqual(await read(`a,b\n1,2\n1,"2"3\n1,2,3\n${long},1\n4\n5,6`), [
      { a: '1', b: '2' },
      { a: '1', b: '"2"3' },
      '3: row: has 3 cells, and the table 2 columns.',
      `4: row: must have at most ${ROW_LENGTH_MAX} characters.`,
      { a: '4' },
      { a: '5', b: '6' },
    ]);
  });

  it('without an end to a quote is read up to there', async () => {
    assert.deepEqual(await read('a,b\n1,2\n3,"4\n5,6\n'), [
      { a: '1', b: '2' },
      '2: row: has a quote that is not closed.',
    ]);
    const endless = Array.from({ length: 20 }, () => 'x'.repeat(100_000));
    await assert.rejects(read('a,b\n1,2\n3,"', ...endless), invalid(/quote that is not closed/));
  });

  it('must name its columns, each once', async () => {
    await assert.rejects(read(''), invalid(/names the columns/));
    await assert.rejects(read('a,b,a\n1,2,3'), invalid(/name the column a once/));
  });
});

describe('a cell of our own tables', () => {
  it('is no formula, and is read back as it was', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.stringMatching(/^'{0,3}[=+\-@\t\r\n].*$/),
          fc.constantFrom('=1+1', "'=1", '@SUM(A1)', '-1', '\t=1', '＝1', "'", "''x"),
        ),
        (text) => {
          const cell = guardCell(text);
          assert.doesNotMatch(cell, /^[=+\-@\t\r\n＝＋－＠]/u);
          assert.equal(readCell(cell), text);
        },
      ),
    ));

  it('of tags gives them back', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), (tags) => {
        assert.deepEqual(readTagsCell(tagsCell(tags)), tags);
      }),
    ));
});

describe('rows', () => {
  it('may be as many as are allowed', async () => {
    const table = (count: number) => ndjsonRows(pieces('{"a":1}\n'.repeat(count)));
    assert.equal((await all(whileReadable(atMost(table(10), 10)))).length, 10);
    const more = await all(whileReadable(atMost(table(12), 10)));
    assert.equal(more.length, 11);
    assert.match(String(more[10]), /^11: There may be at most 10 rows/);
  });
});
