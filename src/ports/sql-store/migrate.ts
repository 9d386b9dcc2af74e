/**
 * Brings a database to the schema of this release: the numbered files of `migrations/`, each once and in order,
 * under an advisory lock, so that any number of processes may start at the same time.
 */

import pg from 'pg';
import { type Clock, systemClock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Migration, migrationsFolder, readMigrations } from './migration-files.ts';
import { type PostgresConnection, withClient } from './postgres-connection.ts';
import { translateError } from './postgres-errors.ts';

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  /** `changed`: the file differs from what was applied. `unknown`: applied by a release that is newer than this. */
  readonly state: 'applied' | 'pending' | 'changed' | 'unknown';
  readonly appliedAt: Date | undefined;
}

interface MigrateOptions {
  readonly connection: PostgresConnection;
  /** Of the migrations; by default those of this package. */
  readonly folder?: string;
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly applied_at: Date;
}

/** Any fixed number: the lock that all migrators of a database share. */
const ADVISORY_LOCK = 4_702_111_234;
const ADVISORY_LOCK_POLL_MS = 200;
const ADVISORY_LOCK_WAIT_MS_MAX = 600_000;
/** A migration that waits for a lock stops everyone who queues behind it, so it gives up early and tries again. */
const LOCK_TIMEOUT_MS = 3_000;
const LOCK_TRIES_MAX = 10;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Applies what is pending and answers the names of what it applied. Fails with `conflict` when the database is
 * of a newer release or an applied file has changed, and with `internal`, naming the file, when one fails; what
 * was applied before it stays.
 */
export async function migrate(
  options: MigrateOptions & {
    readonly log: Log;
    readonly clock?: Clock;
    /** Only these are applied; by default all. */
    readonly versions?: ReadonlySet<number>;
  },
): Promise<string[]> {
  const { log, clock = systemClock, versions } = options;
  const migrations = await readMigrations(options.folder ?? migrationsFolder());
  const wanted = migrations.filter(({ version }) => versions?.has(version) ?? true);
  return withConnection(options.connection, async (client) => {
    // Without the lock, so that processes can start while a long backup shares it.
    if ((await pendingOf(client, migrations, wanted)).length === 0) return [];
    await lockMigrations(client, clock);
    await client.query(BOOKKEEPING);
    const pending = await pendingOf(client, migrations, wanted);
    // Of a database that is made now, nobody wants to read every step.
    const level = pending.length === migrations.length ? 'debug' : 'info';
    for (const migration of pending) {
      await apply(client, migration, clock);
      log[level]({ migration: migration.name }, 'applied a migration');
    }
    log.info({ migrations: pending.length }, 'the schema is that of this release');
    return pending.map(({ name }) => name);
  });
}

/** Every migration that this release or the database knows, by version. */
export async function migrationStatus(options: MigrateOptions): Promise<MigrationStatus[]> {
  const migrations = await readMigrations(options.folder ?? migrationsFolder());
  return withConnection(options.connection, async (client) =>
    statusOf(migrations, await readApplied(client)),
  );
}

/** Shared or not, the lock lasts as long as the connection. Who shares it only keeps migrators away. */
export async function lockMigrations(
  client: pg.Client,
  clock: Clock,
  { shared = false }: { readonly shared?: boolean } = {},
): Promise<void> {
  const tryLock = shared ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  const startMs = clock.monotonicMs();
  // Polls: a session that waits inside the server for the lock would hold up CREATE INDEX CONCURRENTLY for ever.
  while (clock.monotonicMs() - startMs < ADVISORY_LOCK_WAIT_MS_MAX) {
    const { rows } = await client.query<{ locked: boolean }>(`SELECT ${tryLock}($1) AS locked`, [
      ADVISORY_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await clock.sleep(ADVISORY_LOCK_POLL_MS);
  }
  throw new AppError(
    'unavailable',
    'Another process has been migrating or backing up this database for too long.',
  );
}

async function withConnection<Result>(
  connection: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withClient(connection, work).catch((error: unknown) => {
    throw translateError(error);
  });
}

/** Empty where nothing was ever migrated. */
async function readApplied(client: pg.Client): Promise<Map<number, AppliedMigration>> {
  const known = await client.query<{ known: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS known",
  );
  if (!known.rows[0]?.known) return new Map();
  const { rows } = await client.query<AppliedMigration>(
    'SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version',
  );
  return new Map(rows.map((row) => [row.version, row]));
}

async function pendingOf(
  client: pg.Client,
  migrations: readonly Migration[],
  wanted: readonly Migration[],
): Promise<Migration[]> {
  const applied = await readApplied(client);
  refuseMismatch(statusOf(migrations, applied));
  return wanted.filter(({ version }) => !applied.has(version));
}

function statusOf(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, AppliedMigration>,
): MigrationStatus[] {
  const known = migrations.map(({ version, name, checksum }): MigrationStatus => {
    const row = applied.get(version);
    if (row === undefined) return { version, name, state: 'pending', appliedAt: undefined };
    const state = row.checksum === checksum ? 'applied' : 'changed';
    return { version, name, state, appliedAt: row.applied_at };
  });
  const versions = new Set(migrations.map(({ version }) => version));
  const unknown = [...applied.values()]
    .filter(({ version }) => !versions.has(version))
    .map(({ version, name, applied_at: appliedAt }): MigrationStatus => {
      return { version, name, state: 'unknown', appliedAt };
    });
  return [...known, ...unknown].sort((a, b) => a.version - b.version);
}

function refuseMismatch(statuses: readonly MigrationStatus[]): void {
  const unknown = statuses.find(({ state }) => state === 'unknown');
  if (unknown !== undefined) {
    throw new AppError(
      'conflict',
      `The database was written by a newer release: it has the migration ${unknown.name}, which this release ` +
        'does not know. Start that release or a later one.',
      { outcome: 'not_applied' },
    );
  }
  const changed = statuses.find(({ state }) => state === 'changed');
  if (changed !== undefined) {
    throw new AppError(
      'conflict',
      `The migration ${changed.name} has changed since it was applied to this database. Restore the file; what ` +
        'it should do differently belongs into a new migration.',
      { outcome: 'not_applied' },
    );
  }
}

async function apply(client: pg.Client, migration: Migration, clock: Clock): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await (migration.transaction
        ? applyInTransaction(client, migration)
        : applyStatements(client, migration));
      return;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      const blocked = error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE;
      if (!blocked || tries === LOCK_TRIES_MAX) throw failed(migration, error);
    }
    await clock.sleep(ADVISORY_LOCK_POLL_MS * tries);
  }
}

async function applyInTransaction(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL statement_timeout = 0`);
  await client.query(migration.sql);
  await record(client, migration);
  await client.query('COMMIT');
}

/** One statement after the other: PostgreSQL runs several in one message as a transaction. */
async function applyStatements(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('SET statement_timeout = 0');
  for (const statement of migration.statements) await client.query(statement);
  await record(client, migration);
}

async function record(client: pg.Client, { version, name, checksum }: Migration): Promise<void> {
  await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
    version,
    name,
    checksum,
  ]);
}

function failed(migration: Migration, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('internal', `The migration ${migration.name} failed: ${reason}`, { cause: error });
}

/** The one table outside of the migrations: it says which of them were applied. */
const BOOKKEEPING = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;
