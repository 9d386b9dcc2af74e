/** What a table of links that somebody sends is made of. */
import { AppError, invalidField } from '../../../core/errors.ts';

export interface ReadRow {
  /** From 1; a line with names of columns is not counted. */
  readonly row: number;
  readonly record: Readonly<Record<string, unknown>>;
}

export interface UnreadableRow {
  readonly row: number;
  /** Why it says nothing that could be carried out. */
  readonly problem: AppError;
}

export type Row = ReadRow | UnreadableRow;

/** As long as the body of a call about one link may be. */
export const ROW_LENGTH_MAX = 65_536;
/** Without the end of a row for so long, what follows is not looked at any more. */
export const UNENDED_LENGTH_MAX = 1_048_576;

export function rowTooLong(): AppError {
  return invalidField('row', `must have at most ${ROW_LENGTH_MAX} characters.`);
}

/** What makes the rest of a table unreadable. */
export function unreadable(row: number, reason: string): AppError {
  const message = `${reason} Row ${row} and what follows was not read.`;
  return new AppError('invalid', message, { fields: [{ field: `row ${row}`, message: reason }] });
}

/** The rows, of which there may be so many; one more cannot be read. */
export async function* atMost(rows: AsyncIterable<Row>, rowsMax: number): AsyncGenerator<Row> {
  for await (const row of rows) {
    if (row.row > rowsMax) throw unreadable(row.row, `There may be at most ${rowsMax} rows.`);
    yield row;
  }
}

/**
 * The rows; where they cannot be read any further, a last one that says so. Fails only where there is none before it:
 * then nothing has been done, and nothing answered.
 */
export async function* whileReadable(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let read = 0;
  try {
    for await (const row of rows) {
      yield row;
      read = row.row;
    }
  } catch (error) {
    if (read === 0 || !(error instanceof AppError)) throw error;
    yield { row: read + 1, problem: error };
  }
}

/** An object of a row, or the reason why it is none. */
export function rowOf(row: number, value: unknown): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    // An object of JSON has no other keys than texts.
    return { row, record: value as Record<string, unknown> };
  }
  return { row, problem: invalidField('row', 'must be a JSON object.') };
}
