/** A database for each test that wants one, on the server of this test run. */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { systemRandomness } from '../../src/core/clock.ts';
import type { SocketConnection } from '../../src/ports/sql-store/embedded-postgres/server.ts';
import { migrate } from '../../src/ports/sql-store/migrate.ts';
import { migrationsFolder, readMigrations } from '../../src/ports/sql-store/migration-files.ts';
import { createLog } from '../../src/telemetry/log.ts';

export interface TestDatabase {
  readonly url: string;
  /** What the adapters take. */
  readonly connection: { readonly url: string };
  /** Removes it, with whoever is still connected. */
  close(): Promise<void>;
}

/** Any fixed number: the lock of those who make the template. */
const TEMPLATE_LOCK = 4_702_111_235;

/** A database with the schema of this release, copied from a template that is migrated once per run. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = testServerUrl();
  const name = `test_${systemRandomness.uuid().replaceAll('-', '')}`;
  await withClient(serverUrl, async (client) => {
    const template = await provideTemplate(client, serverUrl);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const url = urlOf(serverUrl, name);
  return {
    url,
    connection: { url },
    close: () => withClient(serverUrl, (client) => drop(client, name)),
  };
}

/** How the embedded server is named in one line; libpq reads it too. */
export function databaseUrl({ host, port, user, password, database }: SocketConnection): string {
  return `postgresql://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
}

function testServerUrl(): string {
  const url = process.env['GROUNDSWELL_TEST_DATABASE_URL'];
  if (url !== undefined) return url;
  throw new Error('There is no test database. Run `npm test -- PATH`, or set GROUNDSWELL_TEST_DATABASE_URL.');
}

/** Its name carries the state of the migrations, so that a server used again and again never gives an old one. */
async function provideTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const template = `test_template_${await fingerprint()}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
  if (rowCount === 0) {
    // Renamed last: a template that has its name is whole.
    const unfinished = `${template}_unfinished`;
    await drop(client, unfinished);
    await client.query(`CREATE DATABASE ${unfinished}`);
    const log = createLog({ level: 'silent', pretty: false });
    await migrate({ connection: { url: urlOf(serverUrl, unfinished) }, log });
    await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  }
  await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  return template;
}

async function fingerprint(): Promise<string> {
  const migrations = await readMigrations(migrationsFolder());
  const text = migrations.map(({ name, checksum }) => `${name} ${checksum}`).join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function drop(client: pg.Client, database: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}

function urlOf(serverUrl: string, database: string): string {
  return Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
}

async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
