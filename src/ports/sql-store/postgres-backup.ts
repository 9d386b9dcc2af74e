/**
 * A backup of a PostgreSQL database, consistent while it serves: every table as of one moment, in COPY's text
 * format, which every later PostgreSQL reads. Nobody waits for it but migrations.
 */
import type pg from 'pg';
import { to } from 'pg-copy-streams';
import type { Clock } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { BackupFolder } from '../backup-folder/backup-folder.ts';
import {
  BACKUP_FORMAT,
  type BackupManifest,
  type BackupMigration,
  type BackupTable,
  type BlobsBackup,
} from '../backup-folder/backup-manifest.ts';
import { BLOB_REMOVAL_LOCK } from '../blob-store/blob-store.ts';
import { lockMigrations } from './migrate.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import { columnList, qualified, readSequences, readTables, type StoredTable } from './postgres-tables.ts';
import { type TransferProgress, withTransferSession } from './postgres-transfer.ts';

export interface BackupOptions {
  readonly connection: PostgresConnection;
  readonly folder: BackupFolder;
  readonly productVersion: string;
  /** Copies the blobs that the rows of that moment name, of which none is removed until it resolves. */
  readonly copyBlobs?: (asOfMs: number) => Promise<BlobsBackup | undefined>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

const LINE_FEED = 0x0a;

/**
 * Writes every table into the folder, completes it and answers its manifest. Memory is bounded by the streams.
 * Fails with `not_found` when the database was never migrated.
 */
export async function backUp(options: BackupOptions): Promise<BackupManifest> {
  const { connection, folder, clock, signal } = options;
  const work = async (client: pg.Client): Promise<BackupManifest> => {
    // A migration could rewrite a table, which a snapshot taken before would then see empty.
    await lockMigrations(client, clock, { shared: true });
    await client.query('SELECT pg_advisory_lock_shared($1)', [BLOB_REMOVAL_LOCK]);
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const manifest = await copyDatabase(client, options);
    await client.query('COMMIT');
    await folder.complete(manifest);
    return manifest;
  };
  return withTransferSession(connection, work, signal);
}

async function copyDatabase(client: pg.Client, options: BackupOptions): Promise<BackupManifest> {
  // The first statement takes the snapshot that all others see.
  const snapshot = await readSnapshot(client);
  const migrations = await readMigrations(client);
  const stored = await readTables(client);
  const measure = progressOver(stored, options.onProgress);
  const tables: BackupTable[] = [];
  for (const [position, table] of stored.entries()) {
    options.signal?.throwIfAborted();
    // A table that somebody made by hand may have any name.
    const stem = /^[a-z0-9_]+$/.test(table.name) ? table.name : `table.${position}`;
    tables.push(await copyTable(client, table, { ...options, file: `${stem}.copy.gz` }, measure(table)));
  }
  // Sequences know no snapshots: these are at least as far as any row that was copied.
  const sequences = await readSequences(client);
  const blobs = await options.copyBlobs?.(Date.parse(snapshot.createdAt));
  return {
    format: BACKUP_FORMAT,
    product_version: options.productVersion,
    created_at: snapshot.createdAt,
    sql: { postgres_version: snapshot.postgresVersion, migrations, tables, sequences },
    ...(blobs === undefined ? {} : { blobs }),
  };
}

async function copyTable(
  client: pg.Client,
  { name, columns, primaryKey }: StoredTable,
  { folder, file: fileName, signal }: BackupOptions & { readonly file: string },
  onBytes: (bytes: number) => void,
): Promise<BackupTable> {
  // The order makes backups of the same rows the same bytes.
  const order = primaryKey.length === 0 ? '' : ` ORDER BY ${columnList(primaryKey)}`;
  const copy = client.query(
    to(`COPY (SELECT ${columnList(columns)} FROM ${qualified(name)}${order}) TO STDOUT`),
  );
  let rows = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    // Without an encoding, a stream yields buffers.
    for await (const chunk of copy as AsyncIterable<Buffer>) {
      rows += countLines(chunk);
      onBytes(chunk.length);
      yield chunk;
    }
  }
  const file = await folder.writeFile(fileName, counted(), signal === undefined ? {} : { signal });
  return { name, columns: [...columns], rows, file };
}

/** A line end inside a value is escaped, so each one is the end of a row. */
function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

async function readSnapshot(client: pg.Client): Promise<{ createdAt: string; postgresVersion: string }> {
  const { rows } = await client.query<{ created_at: Date; postgres_version: string }>(
    "SELECT now() AS created_at, current_setting('server_version') AS postgres_version",
  );
  assert(rows[0], 'a SELECT without FROM answers one row');
  return { createdAt: rows[0].created_at.toISOString(), postgresVersion: rows[0].postgres_version };
}

async function readMigrations(client: pg.Client): Promise<BackupMigration[]> {
  const known = await client.query<{ known: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS known",
  );
  if (!known.rows[0]?.known) {
    throw new AppError(
      'not_found',
      'The database has no tables of Groundswell: there is nothing to back up.',
    );
  }
  const applied = await client.query<BackupMigration>(
    'SELECT version, name, checksum FROM schema_migrations ORDER BY version',
  );
  return applied.rows;
}

function progressOver(
  tables: readonly StoredTable[],
  onProgress: (progress: TransferProgress) => void = () => undefined,
): (table: StoredTable) => (bytes: number) => void {
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  let bytesDone = 0;
  return ({ name }) =>
    (more) => {
      bytesDone += more;
      onProgress({ table: name, bytesDone, bytes });
    };
}
