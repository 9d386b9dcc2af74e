/** Rows of one table in a dump of MySQL, as `mysqldump` and phpMyAdmin write it. */
import { type Row, UNENDED_LENGTH_MAX, unreadable } from '../row.ts';

export interface MysqlTable {
  /** How its name ends: before it, others may have a prefix of their own. */
  readonly nameEnd: string;
  /** Its columns, where the dump does not name them. */
  readonly columns: readonly string[];
}

// None of these looks at a character more often than a few times, whatever it is: dumps come from strangers.
const INSERT = /INSERT\s+(?:IGNORE\s+)?INTO\s+`?(\w+)`?\s*(?:\(([^()]*)\)\s*)?VALUES\s*/i;
/** Of which the beginning may have come and the end not yet. */
const INSERT_LENGTH_MAX = 2_000;
const TUPLE = /\s*\(((?:'(?:[^'\\]|\\[\s\S])*'|[^'()])*)\)\s*([,;])/y;
const VALUE = /(?:\s*'((?:[^'\\]|\\[\s\S]|'')*)'\s*|([^,']*))(?:,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', b: '\b', Z: '\x1a' };

/** Every row that is inserted into the table; all else in the dump is passed over. */
export async function* mysqlRows(texts: AsyncIterable<string>, table: MysqlTable): AsyncGenerator<Row> {
  const reader = createInsertReader(table);
  let row = 0;
  for await (const text of atLeast(texts, PIECE_LENGTH_MIN)) {
    for (const record of reader.read(text)) {
      row += 1;
      yield { row, record };
    }
    if (reader.unreadLength() > UNENDED_LENGTH_MAX) throw unreadable(row + 1, 'It is no row of SQL.');
  }
  if (reader.isInside()) throw unreadable(row + 1, 'The dump ends in the middle of a statement.');
}

/** A row that is not whole yet is looked at again with each piece: so there are few. */
const PIECE_LENGTH_MIN = 16_384;

async function* atLeast(texts: AsyncIterable<string>, length: number): AsyncGenerator<string> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < length) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function createInsertReader({ nameEnd, columns }: MysqlTable) {
  let unread = '';
  /** Of the statement that is being read; empty for one of another table. */
  let names: readonly string[] | undefined;

  /** Whether one has begun. */
  function begin(): boolean {
    const insert = INSERT.exec(unread);
    unread =
      insert === null ? unread.slice(-INSERT_LENGTH_MAX) : unread.slice(insert.index + insert[0].length);
    if (insert !== null) names = insert[1]?.endsWith(nameEnd) ? namesOf(insert[2], columns) : [];
    return insert !== null;
  }

  /** The next record; null for one of another table, `undefined` where there is no whole one. */
  function next(wanted: readonly string[]): Record<string, string> | null | undefined {
    TUPLE.lastIndex = 0;
    const tuple = TUPLE.exec(unread);
    if (tuple === null) return undefined;
    unread = unread.slice(TUPLE.lastIndex);
    if (tuple[2] === ';') names = undefined;
    return wanted.length === 0 ? null : recordOf(wanted, tuple[1] ?? '');
  }

  return {
    *read(text: string): Generator<Record<string, string>> {
      unread += text;
      while (names !== undefined || begin()) {
        const record = next(names ?? []);
        if (record === undefined) return;
        if (record !== null) yield record;
      }
    },
    unreadLength: () => unread.length,
    isInside: () => names !== undefined,
  };
}

function namesOf(list: string | undefined, columns: readonly string[]): readonly string[] {
  return list === undefined ? columns : list.split(',').map((name) => name.trim().replaceAll('`', ''));
}

function recordOf(names: readonly string[], tuple: string): Record<string, string> {
  const values: [string, string][] = [];
  VALUE.lastIndex = 0;
  for (const name of names) {
    const value = VALUE.lastIndex < tuple.length ? VALUE.exec(tuple) : null;
    if (value === null) break;
    const [, quoted, bare = ''] = value;
    if (quoted !== undefined) values.push([name, unescaped(quoted)]);
    else if (bare.trim().toUpperCase() !== 'NULL') values.push([name, bare.trim()]);
  }
  return Object.fromEntries(values);
}

function unescaped(text: string): string {
  return text.replace(/''|\\([\s\S])/g, (_, escaped: string | undefined) =>
    escaped === undefined ? "'" : (ESCAPES[escaped] ?? escaped),
  );
}
