/**
 * Brings a PostgreSQL database to what a backup holds, and then to the schema of this release. All rows arrive in
 * one transaction; whatever interrupts it, the same call again is the remedy.
 */
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from } from 'pg-copy-streams';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Backup } from '../backup-folder/backup.ts';
import {
  type BackupManifest,
  type BackupSequence,
  type BackupTable,
  manifestChecksum,
  newer,
  type SqlBackup,
} from '../backup-folder/backup-manifest.ts';
import { migrate } from './migrate.ts';
import { migrationsFolder, readMigrations } from './migration-files.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import {
  clearTarget,
  markUnfinished,
  readTarget,
  refuseLoss,
  refuseOtherProcesses,
} from './postgres-restore-target.ts';
import { columnList, qualified, readSequences, readTables, type StoredTable } from './postgres-tables.ts';
import { type TransferProgress, withTransferSession } from './postgres-transfer.ts';

export interface RestoreOptions {
  readonly connection: PostgresConnection;
  readonly backup: Backup;
  /** Deletes what the database has. Without it, a database with rows is refused. */
  readonly force: boolean;
  /** What belongs to the rows and is kept elsewhere; without it, only rows are restored. */
  readonly blobs?: {
    /** Before the rows; fails with `conflict` when something is there, unless by `force`. */
    clear(): Promise<void>;
    /** After the rows, and again whenever a restore was interrupted. */
    copy(): Promise<void>;
  };
  /** Of the migrations; by default those of this package. */
  readonly migrations?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface RestoreResult {
  /** False when only the last steps of an interrupted restore were left to do. */
  readonly copied: boolean;
  /** Tables of the backup that no migration makes, so that somebody made them by hand. */
  readonly leftOut: readonly string[];
  /** The migrations of this release that the backup did not have. */
  readonly migrated: readonly string[];
}

/**
 * Restores. Fails with `conflict`, having changed nothing, when the database has rows (and `force` is not given),
 * when a process uses it, or when the backup is of a newer release.
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { connection, backup, clock, log, signal } = options;
  const { manifest } = backup;
  const folder = options.migrations ?? migrationsFolder();
  await refuseNewer(manifest, folder);
  const prepared = await withTransferSession(connection, (client) => prepare(client, options), signal);
  let leftOut: string[] = [];
  if (prepared === 'empty') {
    await options.blobs?.clear();
    const versions = new Set(manifest.sql.migrations.map(({ version }) => version));
    await migrate({ connection, folder, log, clock, versions });
    leftOut = await withTransferSession(connection, (client) => copyAll(client, options), signal);
  }
  await options.blobs?.copy();
  const migrated = await migrate({ connection, folder, log, clock });
  await withTransferSession(connection, finish, signal);
  return { copied: prepared === 'empty', leftOut, migrated };
}

async function refuseNewer({ product_version, sql }: BackupManifest, folder: string): Promise<void> {
  const known = new Map((await readMigrations(folder)).map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of sql.migrations) {
    if (!known.has(name)) throw newer(product_version, `it has the migration ${name}`);
    if (known.get(name) === checksum) continue;
    throw new AppError(
      'conflict',
      `The backup was made with another migration ${name} than this release has. Restore it with release ` +
        `${product_version}, unchanged. Nothing was changed.`,
      { outcome: 'not_applied' },
    );
  }
}

/** `copied` when an earlier restore of this very backup got as far as its rows. */
async function prepare(
  client: pg.Client,
  { backup, force, clock }: RestoreOptions,
): Promise<'empty' | 'copied'> {
  await refuseOtherProcesses(client, clock);
  const target = await readTarget(client);
  if (!force && target.unfinished === manifestChecksum(backup.manifest)) return 'copied';
  if (!force) refuseLoss(target);
  await clearTarget(client);
  return 'empty';
}

/** Answers the tables that were left out, because no migration makes them. */
async function copyAll(client: pg.Client, options: RestoreOptions): Promise<string[]> {
  const { backup, clock, signal } = options;
  const { sql } = backup.manifest;
  await refuseOtherProcesses(client, clock);
  await client.query('BEGIN');
  const { tables, leftOut } = matchTables(await readTables(client), sql);
  // Migrations fill some tables; and nobody can write to any until all is there.
  await client.query(`TRUNCATE ${tables.map(({ name }) => qualified(name)).join(', ')}`);
  const measure = progressOver(backup, options.onProgress);
  for (const table of tables) {
    signal?.throwIfAborted();
    await copyTable(client, backup, table, measure(table), signal);
  }
  await setSequences(client, sql.sequences);
  await markUnfinished(client, manifestChecksum(backup.manifest));
  await client.query('COMMIT');
  return leftOut;
}

/**
 * The tables of the backup that its migrations have made here. What else it holds, somebody added by hand; but a
 * table of ours without its rows, or of another shape, is refused.
 */
function matchTables(
  here: readonly StoredTable[],
  { tables }: SqlBackup,
): { tables: BackupTable[]; leftOut: string[] } {
  const shapes = new Map(here.map(({ name, columns }) => [name, columns.toSorted().join(', ')]));
  const wrong = here
    .map(({ name }) => ({ name, backedUp: tables.find((table) => table.name === name) }))
    .filter(({ name, backedUp }) => backedUp?.columns.toSorted().join(', ') !== shapes.get(name))
    .map(({ name }) => name);
  if (wrong.length === 0) {
    return {
      tables: tables.filter(({ name }) => shapes.has(name)),
      leftOut: tables.filter(({ name }) => !shapes.has(name)).map(({ name }) => name),
    };
  }
  throw new AppError(
    'conflict',
    `The backup lacks tables or columns that its own migrations make (${wrong.join(', ')}): somebody changed the ` +
      'database by hand before it was backed up.',
    { outcome: 'not_applied' },
  );
}

async function setSequences(client: pg.Client, sequences: readonly BackupSequence[]): Promise<void> {
  const here = new Set((await readSequences(client)).map(({ name }) => name));
  for (const { name, last_value, is_called } of sequences.filter((sequence) => here.has(sequence.name))) {
    await client.query('SELECT setval($1::regclass, $2, $3)', [qualified(name), last_value, is_called]);
  }
}

async function copyTable(
  client: pg.Client,
  backup: Backup,
  { name, columns, rows, file }: BackupTable,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const copy = client.query(from(`COPY ${qualified(name)} (${columnList(columns)}) FROM STDIN`));
  await pipeline(backup.read(file, onBytes), copy, signal === undefined ? {} : { signal });
  if (copy.rowCount === rows) return;
  throw new AppError('invalid', `${file.name} of the backup has ${copy.rowCount} rows instead of ${rows}.`, {
    outcome: 'not_applied',
  });
}

async function finish(client: pg.Client): Promise<void> {
  await markUnfinished(client, undefined);
  // Else the first queries are planned for empty tables.
  await client.query('ANALYZE');
}

function progressOver(
  { bytes }: Backup,
  onProgress: (progress: TransferProgress) => void = () => undefined,
): (table: BackupTable) => (bytes: number) => void {
  let bytesDone = 0;
  return ({ name }) =>
    (more) => {
      bytesDone += more;
      onProgress({ table: name, bytesDone, bytes });
    };
}
