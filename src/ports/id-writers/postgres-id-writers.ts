import { type SqlStore, writeStatement } from '../sql-store/sql-store.ts';
import type { IdWriters } from './id-writers.ts';

/** Leases in the table `id_writers`, by the clock of the database server. */
export function createPostgresIdWriters(sqlStore: SqlStore): IdWriters {
  return {
    async lease({ holder, leaseMs, ceilingMs }) {
      const [row] = await sqlStore.query(leaseWriter, [holder, leaseMs, ceilingMs]);
      return row === undefined ? undefined : { writer: row.writer, highWaterMs: row.high_water_ms };
    },

    async renew(writer, { holder, leaseMs, ceilingMs }) {
      const rows = await sqlStore.query(renewWriter, [writer, holder, leaseMs, ceilingMs]);
      return rows.length === 1;
    },

    async release(writer, { holder, ceilingMs }) {
      await sqlStore.query(releaseWriter, [writer, holder, ceilingMs]);
    },
  };
}

export const leaseWriter = writeStatement<
  [holder: string, leaseMs: number, ceilingMs: number],
  { writer: number; high_water_ms: number }
>(
  'id_writers_lease',
  `WITH free AS (
     SELECT writer, high_water_ms FROM id_writers
     WHERE lease_until < clock_timestamp()
     ORDER BY high_water_ms, writer
     LIMIT 1
     FOR UPDATE SKIP LOCKED
   )
   UPDATE id_writers SET
     holder = $1,
     lease_until = clock_timestamp() + $2::double precision * interval '1 ms',
     high_water_ms = greatest(free.high_water_ms, $3::bigint)
   FROM free
   WHERE id_writers.writer = free.writer
   RETURNING id_writers.writer, free.high_water_ms`,
);

export const renewWriter = writeStatement<
  [writer: number, holder: string, leaseMs: number, ceilingMs: number],
  { writer: number }
>(
  'id_writers_renew',
  `UPDATE id_writers SET
     lease_until = clock_timestamp() + $3::double precision * interval '1 ms',
     high_water_ms = greatest(high_water_ms, $4::bigint)
   WHERE writer = $1 AND holder = $2
   RETURNING writer`,
);

export const releaseWriter = writeStatement<[writer: number, holder: string, ceilingMs: number]>(
  'id_writers_release',
  `UPDATE id_writers SET holder = NULL, lease_until = '-infinity', high_water_ms = least(high_water_ms, $3::bigint)
   WHERE writer = $1 AND holder = $2`,
);
