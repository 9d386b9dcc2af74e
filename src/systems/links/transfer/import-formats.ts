/** The tables that can be imported: from whom, in which spellings, and how each is read. */
import type { LinkDraft } from '../link.ts';
import { readCell } from './csv-cells.ts';
import { csvRows } from './csv-rows.ts';
import { BITLY_LISTS, readBitlyLink } from './formats/bitly.ts';
import { readOwnLink } from './formats/groundswell.ts';
import { KUTT_LISTS, readKuttLink } from './formats/kutt.ts';
import { type MysqlTable, mysqlRows } from './formats/mysql-rows.ts';
import { readShlinkLink, SHLINK_LISTS } from './formats/shlink.ts';
import type { ReadSourceLink } from './formats/source-link.ts';
import { readYourlsLink, YOURLS_LISTS } from './formats/yourls.ts';
import { jsonRows } from './json-rows.ts';
import { ndjsonRows } from './ndjson-rows.ts';
import type { Row } from './row.ts';

/** `csv` is our own table, one of any other shortener with such columns, and our own lines of JSON. */
export const IMPORT_FORMATS = ['bitly', 'yourls', 'kutt', 'shlink', 'csv'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

interface FormatReader {
  readonly read: ReadSourceLink;
  /** Where the links are in its JSON; without, its JSON is lines. */
  readonly lists?: readonly string[];
  readonly sql?: MysqlTable;
  readonly readCell?: (cell: string) => string;
}

const FOREIGN: Readonly<Record<Exclude<ImportFormat, 'csv'>, FormatReader>> = {
  bitly: { read: readBitlyLink, lists: BITLY_LISTS },
  kutt: { read: readKuttLink, lists: KUTT_LISTS },
  shlink: { read: readShlinkLink, lists: SHLINK_LISTS },
  yourls: {
    read: readYourlsLink,
    lists: YOURLS_LISTS,
    sql: { nameEnd: 'url', columns: ['keyword', 'url', 'title', 'timestamp', 'ip', 'clicks'] },
  },
};

export interface OpenedImport {
  readonly rows: AsyncIterable<Row>;
  readonly read: ReadSourceLink;
}

/** `draftOf` reads the body of a call about one link. Rows fail with `invalid` where the table is none of the format. */
export function openImport(
  format: ImportFormat,
  texts: AsyncIterable<string>,
  draftOf: (body: Record<string, unknown>) => LinkDraft,
): OpenedImport {
  const reader = format === 'csv' ? { read: readOwnLink(draftOf), readCell } : FOREIGN[format];
  return { rows: rowsOf(reader, texts), read: reader.read };
}

async function* rowsOf(reader: FormatReader, texts: AsyncIterable<string>): AsyncGenerator<Row> {
  const { lists, sql, readCell: read } = reader;
  const { start, all } = await peek(texts);
  if (/^[[{]/.test(start)) {
    yield* lists === undefined && start.startsWith('{') ? ndjsonRows(all) : jsonRows(all, lists);
  } else if (sql !== undefined && /^(--|\/\*|#|[A-Z]+\s)/i.test(start)) {
    yield* mysqlRows(all, sql);
  } else {
    yield* csvRows(all, { nameOf: nameOfColumn, ...(read === undefined ? {} : { read }) });
  }
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
