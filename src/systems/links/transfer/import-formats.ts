/** The tables that can be imported: from whom, in which spellings, and how each is read. */
import { invalidField } from '../../../core/errors.ts';
import type { LinkDraft } from '../link.ts';
import { readCell } from './csv-cells.ts';
import { csvRows } from './csv-rows.ts';
import { BITLY_LISTS, BITLY_TARGETS, readBitlyLink } from './formats/bitly.ts';
import { OWN_TARGETS, readOwnLink } from './formats/groundswell.ts';
import { KUTT_LISTS, KUTT_TARGETS, readKuttLink } from './formats/kutt.ts';
import { type MysqlTable, mysqlRows } from './formats/mysql-rows.ts';
import { readShlinkLink, SHLINK_LISTS, SHLINK_TARGETS } from './formats/shlink.ts';
import type { ReadSourceLink } from './formats/source-link.ts';
import { readYourlsLink, YOURLS_LISTS, YOURLS_TARGETS } from './formats/yourls.ts';
import { jsonRows } from './json-rows.ts';
import { ndjsonRows } from './ndjson-rows.ts';
import type { Row } from './row.ts';

/** `csv` is our own table, one of any other shortener with such columns, and our own lines of JSON. */
export const IMPORT_FORMATS = ['bitly', 'yourls', 'kutt', 'shlink', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

interface FormatReader {
  readonly read: ReadSourceLink;
  /** What it calls the target, which no link is without. */
  readonly targets: readonly string[];
  /** Where the links are in its JSON; without, its JSON is lines. */
  readonly lists?: readonly string[];
  readonly sql?: MysqlTable;
  readonly readCell?: (cell: string) => string;
}

const FOREIGN: Readonly<Record<Exclude<ImportFormat, 'csv'>, FormatReader>> = {
  bitly: { read: readBitlyLink, targets: BITLY_TARGETS, lists: BITLY_LISTS },
  kutt: { read: readKuttLink, targets: KUTT_TARGETS, lists: KUTT_LISTS },
  shlink: { read: readShlinkLink, targets: SHLINK_TARGETS, lists: SHLINK_LISTS },
  yourls: {
    read: readYourlsLink,
    targets: YOURLS_TARGETS,
    lists: YOURLS_LISTS,
    sql: { nameEnd: 'url', columns: ['keyword', 'url', 'title', 'timestamp', 'ip', 'clicks'] },
  },
};

export interface OpenedImport {
  readonly rows: AsyncIterable<Row>;
  readonly read: ReadSourceLink;
}

/**
 * `draftOf` reads the body of a call about one link. Rows fail with `invalid` where the table is none of the format: before the
 * first one, where there is nothing in it or nothing says where links lead.
 */
export function openImport(
  format: ImportFormat,
  texts: AsyncIterable<string>,
  draftOf: (body: Record<string, unknown>) => LinkDraft,
): OpenedImport {
  const own = { read: readOwnLink(draftOf), targets: OWN_TARGETS, readCell };
  const reader = format === 'csv' ? own : FOREIGN[format];
  return { rows: rowsOf(reader, texts), read: reader.read };
}

async function* rowsOf(reader: FormatReader, texts: AsyncIterable<string>): AsyncGenerator<Row> {
  const { lists, sql, targets, readCell: read } = reader;
  const { start, all } = await peek(texts);
  if (start === '') throw invalidField('body', 'is empty.');
  if (/^[[{]/.test(start)) {
    yield* some(lists === undefined && start.startsWith('{') ? ndjsonRows(all) : jsonRows(all, lists));
  } else if (sql !== undefined && /^(--|\/\*|#|[A-Z]+\s)/i.test(start)) {
    yield* some(mysqlRows(all, sql));
  } else {
    const check = (columns: readonly string[]) => checkColumns(columns, targets);
    yield* csvRows(all, { nameOf: nameOfColumn, check, ...(read === undefined ? {} : { read }) });
  }
}

/** JSON and SQL of something else have none, and nothing else tells them from what is meant. */
async function* some(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let found = false;
  for await (const row of rows) {
    found = true;
    yield row;
  }
  if (!found) throw invalidField('body', 'has no links in it, or not where this format has them.');
}

/** So many are named, and so much of each: what is no table may have any number of them, of any length. */
const COLUMNS_NAMED_MAX = 20;
const COLUMN_LENGTH_MAX = 40;

/** Without the target, not one row could be taken over. */
function checkColumns(columns: readonly string[], targets: readonly string[]): void {
  if (columns.some((column) => targets.includes(nameOfColumn(column)))) return;
  const known = [...new Set(targets.map((target) => target.toLowerCase()))];
  const named = columns
    .slice(0, COLUMNS_NAMED_MAX)
    .map((column) => `"${[...column].slice(0, COLUMN_LENGTH_MAX).join('')}"`);
  const others = columns.length - named.length;
  throw invalidField(
    'body',
    `must have a column for where links lead, called ${oneOf(known)}. Its first line names ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}.`,
  );
}

function oneOf(names: readonly string[]): string {
  const last = names.slice(-1);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : `${last}`;
}

/** `Long URL`, `longUrl` and `long_url` are written in many ways. */
function nameOfColumn(column: string): string {
  return column
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '');
}

/** So much of a text tells what it is. */
const START_LENGTH = 16;

/** How the text starts, and all of it. */
async function peek(texts: AsyncIterable<string>) {
  const source = texts[Symbol.asyncIterator]();
  const looked: string[] = [];
  let start = '';
  while (start.length < START_LENGTH) {
    const next = await source.next();
    if (next.done === true) break;
    looked.push(next.value);
    start = (start + next.value).trimStart();
  }
  async function* all() {
    try {
      yield* looked;
      for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
    } finally {
      await source.return?.();
    }
  }
  return { start, all: all() };
}
