import pg from 'pg';
import { systemRandomness } from '../../src/core/clock.ts';
import { migrate } from '../../src/ports/sql-store/migrate.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { describeOnBackend } from './required-backends.ts';

/** A PostgreSQL server that suites run on. */
export interface PostgresEngine {
  readonly name: string;
  /** Creates a database that only this test uses; `migrated` to the schema of this release unless refused. */
  createDatabase(options?: { readonly migrated?: boolean }): Promise<EngineDatabase>;
}

export interface EngineDatabase {
  readonly url: string;
  readonly connection: { readonly url: string };
  /** Runs a text that no store would, and answers its rows. */
  run(text: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Removes it, with whoever is connected. */
  drop(): Promise<void>;
}

const ENGINES = [
  { backend: 'embedded', variable: 'GROUNDSWELL_TEST_DATABASE_URL' },
  { backend: 'postgres', variable: 'GROUNDSWELL_TEST_POSTGRES_URL' },
];

/** Describes `suite` on the embedded PostgreSQL of this test run, and on the separate server if there is one. */
export function describeOnPostgres(subject: string, suite: (engine: PostgresEngine) => void): void {
  for (const { backend, variable } of ENGINES) {
    const serverUrl = process.env[variable];
    const engine = serverUrl === undefined ? undefined : engineAt(`PostgreSQL (${backend})`, serverUrl);
    describeOnBackend(subject, { backend, engine, remedy: `set ${variable}` }, suite);
  }
}

/** The separate server, for suites whose embedded one is that of a server which they start themselves. */
export function separatePostgres(): PostgresEngine | undefined {
  const serverUrl = process.env['GROUNDSWELL_TEST_POSTGRES_URL'];
  return serverUrl === undefined ? undefined : engineAt('PostgreSQL (postgres)', serverUrl);
}

/** That of the test run, for suites whose processes share a database. */
export function postgresOfRun(): PostgresEngine | undefined {
  const serverUrl = process.env['GROUNDSWELL_TEST_DATABASE_URL'];
  return serverUrl === undefined ? undefined : engineAt('PostgreSQL (embedded)', serverUrl);
}

function engineAt(name: string, serverUrl: string): PostgresEngine {
  return {
    name,
    async createDatabase({ migrated = true } = {}) {
      const database = `test_${systemRandomness.uuid().replaceAll('-', '')}`;
      await runAt(serverUrl, `CREATE DATABASE ${database}`);
      const url = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
      if (migrated)
        await migrate({ connection: { url }, log: createLog({ level: 'silent', pretty: false }) });
      return {
        url,
        connection: { url },
        run: (text, params) => runAt(url, text, params),
        drop: async () => void (await runAt(serverUrl, `DROP DATABASE ${database} WITH (FORCE)`)),
      };
    },
  };
}

async function runAt(
  url: string,
  text: string,
  params?: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, params === undefined ? undefined : [...params])).rows;
  } finally {
    await client.end();
  }
}
