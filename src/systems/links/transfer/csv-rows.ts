/** Tables in CSV (RFC 4180), with the names of the columns in the first line; cells may be parted by semicolons or tabs, too. */
import { Parser } from 'csv-parse';
import { AppError, invalidField } from '../../../core/errors.ts';
import { ROW_LENGTH_MAX, type Row, rowTooLong, UNENDED_LENGTH_MAX, unreadable } from './row.ts';

export interface CsvOptions {
  /**
   * What a column is called from here on, by the name that it has in the table; `undefined`: it is left out. May throw
   * for a name that it does not know.
   */
  readonly nameOf: (column: string) => string | undefined;
  /** Looks at all columns before the first row; may throw. */
  readonly check?: (columns: readonly string[]) => void;
  /** What a cell stands for; by default itself. */
  readonly read?: (cell: string) => string;
}

type Cells = readonly string[];
type Line = Cells | AppError;

/**
 * One row for each line but the first and those that are empty. A quote where none may be counts as a character, so that
 * it spoils no other row; a row with more cells than there are columns cannot be read; empty cells and missing ones are
 * left out. Fails with `invalid` without a first line, and where a row does not end.
 */
export async function* csvRows(
  texts: AsyncIterable<string>,
  { nameOf, check, read = (cell) => cell }: CsvOptions,
): AsyncGenerator<Row> {
  let names: readonly (string | undefined)[] | undefined;
  let row = 0;
  for await (const line of linesOf(texts)) {
    if (names === undefined) {
      if (line instanceof AppError) throw line;
      check?.(line.map((column) => column.trim()));
      names = namesOf(line, nameOf);
      continue;
    }
    row += 1;
    yield line instanceof AppError ? { row, problem: line } : rowOf(row, line, names, read);
  }
  if (names === undefined) throw invalidField('body', 'must be CSV whose first line names the columns.');
}

/** The first: where none is in the line. Spreadsheets write semicolons where numbers have commas. */
const DELIMITERS = [',', ';', '\t'] as const;

function delimiterOf(firstLine: string): string {
  const bare = firstLine.replace(/"[^"]*"/g, '');
  const cells = (delimiter: string): number => bare.split(delimiter).length;
  return DELIMITERS.reduce(
    (best: string, other) => (cells(other) > cells(best) ? other : best),
    DELIMITERS[0],
  );
}

/** The same texts, of which the first has all of the first line that is not empty, as far as a line may be long. */
async function* withFirstLine(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let start: string | undefined = '';
  for await (const text of texts) {
    if (start === undefined) {
      yield text;
      continue;
    }
    start += text;
    if (!/[^\r\n][\r\n]/.test(start) && start.length <= UNENDED_LENGTH_MAX) continue;
    yield start;
    start = undefined;
  }
  if (start !== undefined) yield start;
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<Line> {
  let found: Line[] = [];
  let count = 0;
  let parser: Parser | undefined;
  let unendedLength = 0;
  for await (const text of withFirstLine(texts)) {
    parser ??= open(delimiterOf(/[^\r\n]+/.exec(text)?.[0] ?? ''));
    await write(parser, text);
    unendedLength = found.length === 0 ? unendedLength + text.length : 0;
    count += found.length;
    if (unendedLength > UNENDED_LENGTH_MAX) {
      throw unreadable(count, 'It does not end; is there a quote that is not closed?');
    }
    yield* found;
    found = [];
  }
  if (parser !== undefined) await end(parser);
  yield* found;

  function open(delimiter: string): Parser {
    return new Parser({
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_records_with_error: true,
      on_skip: () => void found.push(invalidField('row', 'has a quote that is not closed.')),
      on_record: (cells: Cells) => {
        found.push(cells);
        return null;
      },
    }).resume();
  }
}

function write(parser: Parser, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function end(parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', reject);
    parser.once('end', resolve);
    parser.end();
  });
}

function namesOf(cells: Cells, nameOf: CsvOptions['nameOf']): (string | undefined)[] {
  const names = cells.map((cell) => nameOf(cell.trim()));
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidField('body', `must name the column ${twice} once.`);
  return names;
}

function rowOf(
  row: number,
  cells: Cells,
  names: readonly (string | undefined)[],
  read: (cell: string) => string,
): Row {
  if (cells.length > names.length) {
    const message = `has ${cells.length} cells, and the table ${names.length} columns.`;
    return { row, problem: invalidField('row', message) };
  }
  if (cells.reduce((sum, { length }) => sum + length, 0) > ROW_LENGTH_MAX)
    return { row, problem: rowTooLong() };
  const filled = cells.flatMap((cell, column) => {
    const name = names[column];
    return name === undefined || cell === '' ? [] : [[name, read(cell)] as const];
  });
  return { row, record: Object.fromEntries(filled) };
}
