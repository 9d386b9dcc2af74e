/**
 * The yardstick for durable posts: one row per transaction through `pg` with a named statement, as many
 * connections as the load has. It has a table of its own, the cheapest that a post could be: a primary key
 * and no other index.
 */

import { Client } from 'pg';
import { clientConfig, type PostgresConnection } from '../ports/sql-store/postgres-connection.ts';
import type { Operation } from './load.ts';

export interface PostgresInserts {
  readonly operation: Operation;
  /** Connects every slot and makes the table anew. */
  open(): Promise<void>;
  /** Drops the table and disconnects. */
  close(): Promise<void>;
}

// The table is the benchmark's and gone after it: not part of the product's schema, so not in a migration.
const CREATE = `
  DROP TABLE IF EXISTS bench_insert;
  CREATE TABLE bench_insert (
    insert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author_id bigint NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  )`;

const INSERT = {
  name: 'bench_insert',
  text: 'INSERT INTO bench_insert (author_id, text) VALUES ($1, $2) RETURNING insert_id',
};

export function createPostgresInserts(
  connection: PostgresConnection,
  slots: number,
  text: string,
): PostgresInserts {
  const clients = Array.from({ length: slots }, () => new Client(clientConfig(connection)));
  // Without a listener a connection that dies between queries would end the process; the query reports it.
  for (const client of clients) client.on('error', () => undefined);
  return {
    async operation(slot) {
      try {
        await clients[slot]?.query({ ...INSERT, values: [slot, text] });
        return 'ok';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    async open() {
      await Promise.all(clients.map((client) => client.connect()));
      await clients[0]?.query(CREATE);
    },
    async close() {
      await clients[0]?.query('DROP TABLE IF EXISTS bench_insert');
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
