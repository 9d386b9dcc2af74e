/**
 * Yardsticks of PostgreSQL: one small transaction after the other through `pg` with a named statement, as many
 * connections as the load has. Their tables are the cheapest that would do and gone afterwards: not part of the
 * product's schema, so not in a migration.
 */

import type { Client } from 'pg';
import { openClient, type PostgresConnection } from '../ports/sql-store/postgres-connection.ts';
import type { Operation } from './load.ts';

export interface PostgresTarget {
  readonly kind: 'postgres';
  readonly connection: PostgresConnection;
  readonly yardstick: YardstickName;
  readonly text: string;
}

export type YardstickName = keyof typeof YARDSTICKS;

export interface PostgresYardstick {
  readonly operation: Operation;
  /** Connects every slot and makes the tables anew. */
  open(): Promise<void>;
  /** Drops the tables and disconnects. */
  close(): Promise<void>;
}

interface Yardstick {
  readonly create: string;
  readonly drop: string;
  readonly statement: string;
}

/** What a like is but for its count: a row that nobody else has. $1 and $2 have a type wherever they are. */
const LIKES = `CREATE TABLE bench_like (
    like_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL,
    text text NOT NULL)`;
const INSERT_LIKE = 'INSERT INTO bench_like (user_id, text) VALUES ($1, left($2, 0)) RETURNING like_id';

const YARDSTICKS = {
  /** A row and nothing else: what a durable post could cost at the least. */
  insert: {
    create: `CREATE TABLE bench_insert (
      insert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      author_id bigint NOT NULL,
      text text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now())`,
    drop: 'DROP TABLE IF EXISTS bench_insert',
    statement: 'INSERT INTO bench_insert (author_id, text) VALUES ($1, $2) RETURNING insert_id',
  },
  /** A like of one post, which adds a row to its count: nobody waits for anybody. */
  'like-delta': {
    create: `${LIKES}; CREATE TABLE bench_delta (
      delta_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      post_id bigint NOT NULL,
      delta smallint NOT NULL);
      CREATE INDEX bench_delta_by_post ON bench_delta (post_id)`,
    drop: 'DROP TABLE IF EXISTS bench_like, bench_delta',
    statement: `WITH liked AS (${INSERT_LIKE})
      INSERT INTO bench_delta (post_id, delta) SELECT 1, 1 FROM liked RETURNING delta_id`,
  },
  /** A like of one post, which changes the row of its count: everybody waits for everybody's commit. */
  'like-update': {
    create: `${LIKES}; CREATE TABLE bench_count (post_id bigint PRIMARY KEY, like_count bigint NOT NULL)
      WITH (fillfactor = 70);
      INSERT INTO bench_count VALUES (1, 0)`,
    drop: 'DROP TABLE IF EXISTS bench_like, bench_count',
    statement: `WITH liked AS (${INSERT_LIKE})
      UPDATE bench_count SET like_count = like_count + 1 FROM liked WHERE post_id = 1 RETURNING like_count`,
  },
  /** A click that is counted at once, each connection its own link: nobody waits for anybody. */
  'click-upsert': {
    create:
      'CREATE TABLE bench_click (link_id bigint PRIMARY KEY, clicks bigint NOT NULL) WITH (fillfactor = 70)',
    drop: 'DROP TABLE IF EXISTS bench_click',
    statement: `INSERT INTO bench_click AS held (link_id, clicks) VALUES ($1, 1 + length(left($2, 0)))
      ON CONFLICT (link_id) DO UPDATE SET clicks = held.clicks + 1`,
  },
} as const satisfies Record<string, Yardstick>;

export function createPostgresYardstick(target: PostgresTarget, slots: number): PostgresYardstick {
  const { connection, yardstick, text } = target;
  const { create, drop, statement } = YARDSTICKS[yardstick];
  const clients: Client[] = [];
  return {
    async operation(slot) {
      try {
        await clients[slot]?.query({ name: `bench_${yardstick}`, text: statement, values: [slot, text] });
        return 'ok';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    async open() {
      const opened = await Promise.all(Array.from({ length: slots }, () => openClient(connection)));
      clients.push(...opened);
      await clients[0]?.query(`${drop}; ${create}`);
    },
    async close() {
      await clients[0]?.query(drop);
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
