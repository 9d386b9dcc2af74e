import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';

/** Rows are joined into chunks of about this size: one write to the socket per row would cost more than the row. */
const CHUNK_CHARS = 65_536;

/**
 * Streams rows in COPY text format into `target`; one row a string, without its line end. All or nothing: after
 * a failure the connection must be destroyed, which rolls back. An error of the source comes out as a `SourceError`.
 */
export async function copyRows(
  client: PoolClient,
  target: string,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  await client.query('BEGIN');
  // A load takes as long as its source.
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await pipeline(Readable.from(chunks(lines)), client.query(from(`COPY ${target} FROM STDIN`)));
  await client.query('COMMIT');
}

export class SourceError extends Error {
  override readonly name = 'SourceError';
}

async function* chunks(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Buffer> {
  let chunk = '';
  try {
    for await (const line of lines) {
      chunk += `${line}\n`;
      if (chunk.length < CHUNK_CHARS) continue;
      yield Buffer.from(chunk);
      chunk = '';
    }
  } catch (error) {
    throw new SourceError('the source of a bulk load failed', { cause: error });
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
