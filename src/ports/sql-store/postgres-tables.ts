/** What a database holds, by its own catalogue: so that no table of a later migration can be forgotten. */
import pg from 'pg';

export interface StoredTable {
  readonly name: string;
  /** Without those that are computed from others. */
  readonly columns: readonly string[];
  /** In the order of the key; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** On the disk, when it was last looked at: an estimate of what a copy will take, for progress only. */
  readonly bytes: number;
}

export interface StoredSequence {
  readonly name: string;
  /** What `setval` takes. */
  readonly last_value: string;
  readonly is_called: boolean;
}

/** Every table of the schema `public` that no extension owns, by name. Partitions are part of their table. */
export async function readTables(client: pg.Client): Promise<StoredTable[]> {
  return (await client.query<StoredTable>(TABLES)).rows;
}

/** Every sequence, also those of identity columns, by name. */
export async function readSequences(client: pg.Client): Promise<StoredSequence[]> {
  const { rows } = await client.query<{ name: string }>(SEQUENCES);
  if (rows.length === 0) return [];
  const selects = rows.map(
    ({ name }) =>
      `SELECT ${pg.escapeLiteral(name)} AS name, last_value::text, is_called FROM ${qualified(name)}`,
  );
  return (await client.query<StoredSequence>(selects.join(' UNION ALL '))).rows;
}

export function qualified(name: string): string {
  return `public.${pg.escapeIdentifier(name)}`;
}

export function columnList(columns: readonly string[]): string {
  return columns.map((column) => pg.escapeIdentifier(column)).join(', ');
}

const NOT_OF_AN_EXTENSION = `NOT EXISTS (
    SELECT FROM pg_depend
    WHERE pg_depend.classid = 'pg_class'::regclass AND pg_depend.objid = class.oid AND pg_depend.deptype = 'e'
  )`;

const TABLES = `
  SELECT
    class.relname::text AS name,
    ARRAY(
      SELECT attname::text FROM pg_attribute
      WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      ORDER BY attnum
    ) AS columns,
    ARRAY(
      SELECT attribute.attname::text
      FROM pg_index AS index
      CROSS JOIN unnest(index.indkey) WITH ORDINALITY AS key (attnum, position)
      JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = key.attnum
      WHERE index.indrelid = class.oid AND index.indisprimary
      ORDER BY key.position
    ) AS "primaryKey",
    -- Not pg_table_size, which waits for whoever has locked the table.
    (class.relpages + coalesce(toast.relpages, 0))::bigint * current_setting('block_size')::bigint AS bytes
  FROM pg_class AS class
  LEFT JOIN pg_class AS toast ON toast.oid = class.reltoastrelid
  WHERE class.relnamespace = 'public'::regnamespace
    AND class.relkind IN ('r', 'p')
    AND NOT class.relispartition
    AND ${NOT_OF_AN_EXTENSION}
  ORDER BY class.relname`;

const SEQUENCES = `
  SELECT class.relname::text AS name
  FROM pg_class AS class
  WHERE class.relnamespace = 'public'::regnamespace AND class.relkind = 'S' AND ${NOT_OF_AN_EXTENSION}
  ORDER BY class.relname`;
