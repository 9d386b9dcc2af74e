import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createParamsEncoder } from './postgres-arrays.ts';

describe('array parameters in binary form', () => {
  let database: TestDatabase;
  let client: pg.Client;
  before(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await database.close();
  });

  /** What the server makes of the parameter, as text. */
  async function read(type: string, elements: readonly unknown[] | null): Promise<(string | null)[] | null> {
    const text = `SELECT ARRAY(SELECT element::text FROM unnest($1::${type}[]) WITH ORDINALITY AS given (element, n) ORDER BY n)
      AS read, $1::${type}[] IS NULL AS missing`;
    const { rows } = await client.query(text, createParamsEncoder(text)([elements]));
    return rows[0].missing ? null : rows[0].read;
  }

  const ranges = {
    smallint: [-32_768, 32_767],
    integer: [-2_147_483_648, 2_147_483_647],
    bigint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  } as const;

  for (const [type, [min, max]] of Object.entries(ranges)) {
    it(`of the type ${type} arrive as they are`, async () => {
      const elements = fc.array(
        fc.option(fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0, -1))),
      );
      await fc.assert(
        fc.asyncProperty(elements, async (numbers) => {
          assert.deepEqual(
            await read(type, numbers),
            numbers.map((number) => (number === null ? null : String(number === 0 ? 0 : number))),
          );
        }),
        { numRuns: 50 },
      );
    });
  }

  it('of the type text arrive as they are', async () => {
    // The database has no place for the character NUL.
    const text = fc.string({ unit: 'grapheme' }).map((some) => some.replaceAll('\0', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
        assert.deepEqual(await read('text', texts), texts);
      }),
      { numRuns: 100 },
    );
  });

  it('of the type double precision arrive as they are', async () => {
    const elements = fc.array(fc.option(fc.double({ noDefaultInfinity: true, noNaN: true })));
    await fc.assert(
      fc.asyncProperty(elements, async (numbers) => {
        const found = await read('double precision', numbers);
        assert.deepEqual(
          found?.map((text) => (text === null ? null : Number(text))),
          numbers,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('of the type bytea arrive as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.uint8Array())), async (values) => {
        assert.deepEqual(
          await read('bytea', values),
          values.map((bytes) => (bytes === null ? null : `\\x${Buffer.from(bytes).toString('hex')}`)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('of the type json are checked and kept as they are written', async () => {
    assert.deepEqual(await read('json', ['{"a":  "ü😀"}', null]), ['{"a":  "ü😀"}', null]);
    await assert.rejects(read('json', ['{"a":']), { code: '22P02' });
  });

  it('are null where there is none', async () => {
    assert.equal(await read('text', null), null);
    assert.deepEqual(await read('bigint', []), []);
  });

  it('go as text where a statement does not say their type everywhere, or it is another', async () => {
    const encode = createParamsEncoder(
      'SELECT $1::bigint[], $2::bigint[] = $2, $3::timestamptz[], $1::bigint[], $10',
    );
    const [first, ...others] = encode([[1], [1], [1], 1]);
    assert.ok(first instanceof Buffer);
    assert.deepEqual(others, [[1], [1], 1]);
  });

  it('of numbers that do not fit are refused', async () => {
    await assert.rejects(read('smallint', [32_768]), RangeError);
  });
});
