/**
 * Rows for every table of a database, by its catalogue alone: whatever a later migration adds is filled too. Values
 * are drawn at random until the constraints take them; among them is all that a careless copy would spoil.
 */
import assert from 'node:assert/strict';
import pg from 'pg';
import { seededFraction } from '../../src/core/clock.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly defaulted: boolean;
}

interface FillTask {
  readonly table: string;
  readonly columns: readonly Column[];
  /** Texts that the table's CHECK constraints name. */
  readonly literals: readonly string[];
}

type Draw = () => number;

const ROWS_PER_TABLE = 20;
/** In vain, one after the other: of a table that is still empty, and of one that has rows. */
const TRIES_MAX = 20_000;
const TRIES_FOR_MORE_MAX = 300;
const REFUSED = new Set(['23502', '23503', '23505', '23514', '22P02', '22003']);
/** Our own bookkeeping: rows that no migration made would make the database unusable. */
const KEPT = new Set(['schema_migrations']);

const TEXTS = [
  '',
  'plain',
  '\\N',
  '\\.',
  'tab\there',
  'two\nlines',
  'carriage\r\nreturn',
  'back\\slash \\t \\x41',
  'quote \' and " and , and {}',
  'non-breaking \u00a0 zero-width \u200d end',
  'family 👨‍👩‍👧‍👦 e\u0301 ß 漢字 العربية',
  '\u0001\u0008\u000b\u001f\u007f',
  'long '.repeat(400),
];

export async function fillTables(url: string, seed: number): Promise<void> {
  const draw = seededFraction(seed);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET synchronous_commit = off');
    for (const task of await readTasks(client)) await fillTable(client, task, draw);
  } finally {
    await client.end();
  }
}

async function fillTable(client: pg.Client, task: FillTask, draw: Draw): Promise<void> {
  let rows = await countRows(client, task.table);
  let inVain = 0;
  for (let filled = 0; filled < ROWS_PER_TABLE; ) {
    if (await insertRow(client, task, draw)) {
      filled += 1;
      rows += 1;
      inVain = 0;
    } else {
      inVain += 1;
    }
    if (inVain >= (rows === 0 ? TRIES_MAX : TRIES_FOR_MORE_MAX)) break;
  }
  assert(rows > 0, `no row for ${task.table} was found: its constraints need help in filled-tables.ts`);
}

async function countRows(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query(`SELECT count(*)::int AS count FROM ${pg.escapeIdentifier(table)}`);
  return rows[0].count;
}

async function insertRow(
  client: pg.Client,
  { table, columns, literals }: FillTask,
  draw: Draw,
): Promise<boolean> {
  const chosen = columns.filter(({ defaulted }) => !defaulted || draw() < 0.7);
  const values = chosen.map((column) => drawValue(column, literals, draw));
  const names = chosen.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  const places = chosen.map((_, index) => `$${index + 1}`).join(', ');
  const what = chosen.length === 0 ? 'DEFAULT VALUES' : `(${names}) VALUES (${places})`;
  try {
    await client.query(`INSERT INTO ${pg.escapeIdentifier(table)} ${what}`, values);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && REFUSED.has(error.code ?? '')) return false;
    throw error;
  }
}

function drawValue({ name, type, nullable }: Column, literals: readonly string[], draw: Draw): unknown {
  // Which pattern a constraint wants is more than the catalogue's literals tell.
  if (name === 'currency') return pick(['EUR', 'USD'], draw);
  if (nullable && draw() < 0.5) return null;
  if (type.startsWith('_')) {
    return Array.from({ length: pick([0, 1, 3], draw) }, () => drawScalar(type.slice(1), literals, draw));
  }
  return drawScalar(type, literals, draw);
}

function drawScalar(type: string, literals: readonly string[], draw: Draw): unknown {
  const whole = (below: number): number => Math.floor(draw() * below);
  switch (type) {
    case 'bool':
      return draw() < 0.5;
    case 'int2':
    case 'int4':
      return whole(1_024);
    case 'int8':
      // Some are equal, as constraints between columns ask for.
      return pick([1, 2, whole(100), Number.MAX_SAFE_INTEGER - whole(1_000)], draw);
    case 'float4':
    case 'float8':
    case 'numeric':
      return pick([0, 0.1, -1e-7, 1e15 + 0.3], draw);
    case 'text':
    case 'varchar':
      return literals.length > 0 && draw() < 0.5 ? pick(literals, draw) : pick(TEXTS, draw);
    case 'bytea':
      return Buffer.from(Array.from({ length: whole(40) }, () => whole(256)));
    case 'timestamptz':
      return pick(
        ['-infinity', 'infinity', '2024-02-29T23:59:59.123456Z', '1969-12-31T23:59:59.999999Z'],
        draw,
      );
    case 'date':
      return '2024-02-29';
    case 'uuid':
      return `00000000-0000-4000-8000-${String(whole(1e9)).padStart(12, '0')}`;
    case 'json':
    case 'jsonb':
      return JSON.stringify({
        text: pick(TEXTS, draw).replaceAll('\u0000', ''),
        number: whole(10),
        nested: [null],
      });
    case 'tsvector':
      return pick(["'word':1,3 'e':2", "'it''s' '@17' '東京':1"], draw);
    case 'inet':
      return `10.0.0.${whole(256)}`;
    default:
      return assert.fail(`filled-tables.ts does not know how to draw a ${type}`);
  }
}

function pick<Item>(items: readonly Item[], draw: Draw): Item {
  const item = items[Math.floor(draw() * items.length)];
  assert(item !== undefined, 'a draw is from something');
  return item;
}

async function readTasks(client: pg.Client): Promise<FillTask[]> {
  const { rows } = await client.query<FillTask & { readonly checks: string }>(TASKS);
  return rows
    .filter(({ table }) => !KEPT.has(table))
    .map(({ table, columns, checks }) => {
      const literals = [...checks.matchAll(/'((?:[^']|'')*)'::text/g)].map((match) => match[1] ?? '');
      return { table, columns, literals };
    });
}

const TASKS = `
  SELECT
    tables.table_name AS "table",
    (
      SELECT json_agg(
        json_build_object(
          'name', column_name,
          'type', udt_name,
          'nullable', is_nullable = 'YES',
          'defaulted', column_default IS NOT NULL
        )
        ORDER BY ordinal_position
      )
      FROM information_schema.columns
      WHERE columns.table_schema = 'public' AND columns.table_name = tables.table_name
        AND is_identity = 'NO' AND is_generated = 'NEVER'
    ) AS columns,
    (
      SELECT coalesce(string_agg(check_clause, ' '), '')
      FROM information_schema.table_constraints JOIN information_schema.check_constraints USING (constraint_schema, constraint_name)
      WHERE table_constraints.table_schema = 'public' AND table_constraints.table_name = tables.table_name
    ) AS checks
  FROM information_schema.tables
  WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
  ORDER BY table_name`;
