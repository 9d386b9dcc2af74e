/** What a backup and a restore of PostgreSQL share: the session, and how far it has come. */
import type pg from 'pg';
import { AppError } from '../../core/errors.ts';
import { type PostgresConnection, withClient } from './postgres-connection.ts';
import { translateError } from './postgres-errors.ts';

export interface TransferProgress {
  /** The table that is under way. */
  readonly table: string;
  readonly bytesDone: number;
  /** An estimate: `bytesDone` may end below or above it. */
  readonly bytes: number;
}

/**
 * Runs `work` on a connection without time-outs whose values have one spelling, whatever the server's defaults.
 * An error of the driver comes out translated, an abort as it is.
 */
export async function withTransferSession<Result>(
  connection: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  try {
    return await withClient(connection, async (client) => {
      await client.query(SESSION);
      return await work(client);
    });
  } catch (error) {
    if (error instanceof AppError || signal?.aborted) throw error;
    throw translateError(error);
  }
}

const SESSION = `
  SET statement_timeout = 0;
  SET idle_in_transaction_session_timeout = 0;
  SET search_path = public;
  SET datestyle = 'ISO';
  SET intervalstyle = 'postgres';
  SET timezone = 'UTC';
  SET extra_float_digits = 1;
  SET bytea_output = 'hex'`;
