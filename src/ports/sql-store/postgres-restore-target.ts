/** The database that a restore writes to: what is in it, who uses it, and how it is emptied. */
import type pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { qualified, readTables } from './postgres-tables.ts';

export interface RestoreTarget {
  /** Tables that have rows, with how many: what the restore would delete. */
  readonly filled: readonly { readonly name: string; readonly rows: number }[];
  /** Without our bookkeeping, the tables are somebody else's. */
  readonly foreign: boolean;
  /** The checksum of the backup whose restore was interrupted after its rows were committed. */
  readonly unfinished: string | undefined;
}

/** Those have rows in a database that was never used. */
const FILLED_BY_MIGRATIONS: ReadonlySet<string> = new Set([
  'schema_migrations',
  'id_writers',
  'link_check_walks',
  'link_code_counters',
  'media_signing_keys',
  'search_backfills',
  'tag_trend_runs',
]);
const UNFINISHED = 'unfinished restore of ';
const TABLES_NAMED_MAX = 12;
/** A connection that was closed a moment ago may still be listed. */
const CLOSING_MS_MAX = 2_000;
const CLOSING_POLL_MS = 50;
const LOCK_TIMEOUT_MS = 10_000;

export async function readTarget(client: pg.Client): Promise<RestoreTarget> {
  const tables = await readTables(client);
  const filled = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: number }>(`SELECT count(*) AS rows FROM ${qualified(name)}`);
    if (rows[0] !== undefined && rows[0].rows > 0) filled.push({ name, rows: rows[0].rows });
  }
  const foreign = tables.length > 0 && !tables.some(({ name }) => name === 'schema_migrations');
  const comment = await client.query<{ text: string | null }>(
    "SELECT obj_description(to_regclass('schema_migrations'), 'pg_class') AS text",
  );
  const text = comment.rows[0]?.text ?? '';
  const unfinished = text.startsWith(UNFINISHED) ? text.slice(UNFINISHED.length) : undefined;
  return { filled: filled.filter(({ name }) => !FILLED_BY_MIGRATIONS.has(name)), foreign, unfinished };
}

/** Written in the transaction of the rows: a second run then does what is left instead of refusing. */
export async function markUnfinished(client: pg.Client, checksum: string | undefined): Promise<void> {
  const text = checksum === undefined ? 'NULL' : `'${UNFINISHED}${checksum}'`;
  await client.query(`COMMENT ON TABLE schema_migrations IS ${text}`);
}

/** Fails with `conflict`, saying what would be lost, unless there is nothing. */
export function refuseLoss({ filled, foreign }: RestoreTarget): void {
  if (filled.length === 0 && !foreign) return;
  const named = filled.slice(0, TABLES_NAMED_MAX).map(({ name, rows }) => `${name} ${rows}`);
  const more =
    filled.length > TABLES_NAMED_MAX ? `, and ${filled.length - TABLES_NAMED_MAX} more tables` : '';
  const what = foreign
    ? 'tables that are not of Groundswell'
    : `rows, which a restore would delete: ${named.join(', ')}${more}`;
  throw new AppError(
    'conflict',
    `The database already has ${what}. Name another database or data folder, or delete what is there with --force.`,
    { outcome: 'not_applied' },
  );
}

/** A process that goes on with the ids and positions of another past would corrupt what is restored. */
export async function refuseOtherProcesses(client: pg.Client, clock: Clock): Promise<void> {
  const startMs = clock.monotonicMs();
  for (;;) {
    const { rows } = await client.query<{ processes: number }>(OTHER_PROCESSES);
    const processes = rows[0]?.processes ?? 0;
    if (processes === 0) return;
    if (clock.monotonicMs() - startMs > CLOSING_MS_MAX) {
      throw new AppError(
        'conflict',
        `Groundswell is using this database over ${processes} connections. Stop every process that does, then ` +
          'restore.',
        { outcome: 'not_applied' },
      );
    }
    await clock.sleep(CLOSING_POLL_MS);
  }
}

/** Drops everything of the schema `public` that no extension owns, all or nothing. */
export async function clearTarget(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  const { rows } = await client.query<{ text: string }>(DROPS);
  for (const { text } of rows) await client.query(text);
  await client.query('COMMIT');
}

const OTHER_PROCESSES = `
  SELECT count(*) AS processes FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'groundswell'`;

const DROPS = `
  SELECT format('DROP %s IF EXISTS %s CASCADE', object.type, object.identity) AS text
  FROM (
    SELECT 'pg_class'::regclass AS classid, oid AS objid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'pg_type'::regclass, oid FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
  ) AS ours
  CROSS JOIN LATERAL pg_identify_object(ours.classid, ours.objid, 0) AS object
  WHERE NOT EXISTS (
    SELECT FROM pg_depend
    WHERE pg_depend.classid = ours.classid AND pg_depend.objid = ours.objid AND pg_depend.deptype IN ('e', 'i')
  )`;
