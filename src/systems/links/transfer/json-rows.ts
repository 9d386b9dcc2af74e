import { JSONParser } from '@streamparser/json';
import { invalidField } from '../../../core/errors.ts';
import { ROW_LENGTH_MAX, type Row, rowOf, rowTooLong, UNENDED_LENGTH_MAX, unreadable } from './row.ts';

/**
 * The objects of a JSON array, or of the lists that `paths` name (as `$.data.*`) in a JSON object, one after the other,
 * without holding the whole. Fails with `invalid` where it is no JSON.
 */
export async function* jsonRows(
  texts: AsyncIterable<string>,
  paths: readonly string[] = [],
): AsyncGenerator<Row> {
  let reader: Reader | undefined;
  let row = 0;
  let unendedLength = 0;
  for await (const text of texts) {
    reader ??= openReader(text, paths);
    if (reader === undefined) continue;
    unendedLength += text.length;
    for (const value of reader.read(row + 1, text)) {
      row += 1;
      unendedLength = 0;
      yield boundedRow(row, value);
    }
    if (reader.isBroken()) throw unreadable(row + 1, 'It is not JSON.');
    if (unendedLength > UNENDED_LENGTH_MAX) throw unreadable(row + 1, 'It does not end.');
  }
  if (reader === undefined) throw noJson(paths);
  reader.end(row + 1);
}

interface Reader {
  isBroken(): boolean;
  read(row: number, text: string): unknown[];
  end(row: number): void;
}

/** `undefined` while there is nothing but white space. */
function openReader(text: string, paths: readonly string[]): Reader | undefined {
  const [first] = text.trimStart();
  if (first === undefined) return undefined;
  if (first !== '[' && (first !== '{' || paths.length === 0)) throw noJson(paths);
  return createReader(first === '[' ? ['$.*'] : paths);
}

function createReader(paths: readonly string[]): Reader {
  const parser = new JSONParser({ paths: [...paths], keepStack: false });
  let values: unknown[] = [];
  parser.onValue = ({ value }) => void values.push(value);
  let broken = false;
  parser.onError = () => {
    broken = true;
  };
  return {
    isBroken: () => broken,
    read(row, text) {
      values = [];
      if (parser.isEnded) {
        if (text.trim() === '') return [];
        throw unreadable(row, 'There is something after the end of the JSON.');
      }
      parser.write(text);
      return values;
    },
    end(row) {
      if (!parser.isEnded) throw unreadable(row, 'It is not the whole of the JSON.');
    },
  };
}

function boundedRow(row: number, value: unknown): Row {
  try {
    if ((JSON.stringify(value) ?? '').length > ROW_LENGTH_MAX) return { row, problem: rowTooLong() };
  } catch (error) {
    // NOTE: the parser goes to any depth, and what writes JSON does not.
    if (!(error instanceof RangeError)) throw error;
    return { row, problem: invalidField('row', 'is nested too deeply.') };
  }
  return rowOf(row, value);
}

function noJson(paths: readonly string[]) {
  const wanted = paths.length === 0 ? 'a JSON array of objects' : 'JSON as that service answers it';
  return invalidField('body', `must be ${wanted}.`);
}
