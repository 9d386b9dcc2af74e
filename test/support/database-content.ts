/** Everything that a database holds, in a form that two databases can be compared by. */
import pg from 'pg';

export interface DatabaseContent {
  /** By schema and name: how many rows, and a checksum of their texts in order. */
  readonly tables: Readonly<Record<string, string>>;
  /** By schema and name: the value that comes next. */
  readonly sequences: Readonly<Record<string, string>>;
}

/** Reads the catalogue by other ways than the product, so that what the product forgets is found. */
export async function readContent(url: string): Promise<DatabaseContent> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // One spelling of every value, whatever the server's defaults are.
    await client.query("SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'");
    const tables: Record<string, string> = {};
    for (const { name } of (await client.query<{ name: string }>(TABLES)).rows) {
      const { rows } = await client.query<{ content: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(line), '' ORDER BY line COLLATE "C")), '') AS content
         FROM (SELECT row::text AS line FROM ${name} AS row) AS lines`,
      );
      tables[name] = rows[0]?.content ?? '';
    }
    const sequences: Record<string, string> = {};
    for (const { name } of (await client.query<{ name: string }>(SEQUENCES)).rows) {
      const { rows } = await client.query<{ next: string }>(
        `SELECT (last_value + is_called::int)::text AS next FROM ${name}`,
      );
      sequences[name] = rows[0]?.next ?? '';
    }
    return { tables, sequences };
  } finally {
    await client.end();
  }
}

const OURS = "schemaname NOT IN ('pg_catalog', 'information_schema') AND schemaname NOT LIKE 'pg\\_%'";
const TABLES = `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE ${OURS} ORDER BY 1`;
const SEQUENCES = `SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences WHERE ${OURS} ORDER BY 1`;
