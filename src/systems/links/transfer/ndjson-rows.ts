import { invalidField } from '../../../core/errors.ts';
import { ROW_LENGTH_MAX, type Row, rowOf, rowTooLong } from './row.ts';

/** JSON objects, one a line. A line that is wrong or too long is a row that cannot be read; empty lines are none. */
export async function* ndjsonRows(texts: AsyncIterable<string>): AsyncGenerator<Row> {
  let row = 0;
  for await (const line of linesOf(texts)) {
    if (line !== undefined && line.trim() === '') continue;
    row += 1;
    yield line === undefined ? { row, problem: rowTooLong() } : parseLine(row, line);
  }
}

function parseLine(row: number, line: string): Row {
  try {
    return rowOf(row, JSON.parse(line));
  } catch {
    return { row, problem: invalidField('row', 'must be a JSON object on one line.') };
  }
}

/** `undefined` in place of a line that is too long, of which no more than the beginning is kept. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  let begun: string | undefined = '';
  for await (const text of texts) {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      if (index > 0) {
        yield begun;
        begun = '';
      }
      begun = begun === undefined || begun.length + part.length > ROW_LENGTH_MAX ? undefined : begun + part;
    }
  }
  if (begun !== '') yield begun;
}
