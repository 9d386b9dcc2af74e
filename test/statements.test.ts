/** Every SQL statement of the product against the schema of this release: PostgreSQL itself says which are wrong. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { packageRoot } from '../src/config/package-info.ts';
import type { SqlValue, Statement } from '../src/ports/sql-store/sql-store.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';

type AnyStatement = Statement<readonly SqlValue[], unknown>;

interface FoundStatement extends AnyStatement {
  /** Where it stands, from the root of the package. */
  readonly file: string;
}

/** PostgreSQL cuts longer names, and would then take two statements for one. */
const NAME_BYTES_MAX = 63;

const READ_ONLY = '25006';

const root = packageRoot();
const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => path.join('src', file))
  .filter((file) => /(-queries|\/postgres-[a-z-]+)\.ts$/.test(file))
  .sort();

describe('statements', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let statements: readonly FoundStatement[];
  before(async () => {
    statements = (await Promise.all(files.map(statementsOf))).flat();
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await database.close();
  });

  it('are all exported, so that this test sees them', () => {
    assert.ok(statements.length > 50, `only ${statements.length} statements were found`);
    const wrong = files.flatMap((file) =>
      namesIn(file)
        .filter((name) => !statements.some((statement) => statement.file === file && statement.name === name))
        .map((name) => `${file}: ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('have names of their own, short enough to be told apart', () => {
    const texts = new Map<string, string>();
    const wrong = statements.filter(({ name, text }) => {
      const isTaken = (texts.get(name) ?? text) !== text;
      texts.set(name, text);
      return isTaken || !/^[a-z0-9_]+$/.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX;
    });
    assert.deepEqual(wrong.map(placeOf), []);
  });

  it('fit the schema', async () => {
    const wrong: string[] = [];
    for (const statement of statements) {
      await client.query(`PREPARE "${statement.name}" AS ${statement.text}`).catch((error: Error) => {
        wrong.push(`${placeOf(statement)}: ${error.message}`);
      });
      await client.query('DEALLOCATE ALL');
    }
    assert.deepEqual(wrong, []);
  });

  it('of the kind read change nothing and lock nothing, so that a replica could answer them', async () => {
    const wrong: string[] = [];
    await client.query('SET default_transaction_read_only = on');
    for (const statement of statements.filter(({ kind }) => kind === 'read')) {
      await client.query(`PREPARE one AS ${statement.text}`);
      const { rows } = await client.query<{ parameters: string[] }>(
        "SELECT parameter_types::text[] AS parameters FROM pg_prepared_statements WHERE name = 'one'",
      );
      const nulls = (rows[0]?.parameters ?? []).map(() => 'NULL').join(', ');
      // What it answers does not matter, nor if it fails for the lack of arguments.
      await client
        .query(`EXECUTE one${nulls === '' ? '' : `(${nulls})`}`)
        .catch((error: Error & { readonly code?: string }) => {
          if (error.code === READ_ONLY) wrong.push(`${placeOf(statement)}: ${error.message}`);
        });
      await client.query('DEALLOCATE ALL');
      if (/\b(pg_advisory|pg_try_advisory|pg_notify|nextval|setval)/.test(statement.text)) {
        wrong.push(`${placeOf(statement)}: calls a function with effects`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});

function placeOf({ file, name }: FoundStatement): string {
  return `${file}: ${name}`;
}

async function statementsOf(file: string): Promise<FoundStatement[]> {
  const compiled = path.join(root, 'dist', file.replace(/\.ts$/, '.js'));
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(compiled).href);
  return Object.values(module)
    .flat()
    .filter(isStatement)
    .map((statement) => ({ ...statement, file }));
}

function isStatement(value: unknown): value is AnyStatement {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Partial<Record<keyof AnyStatement, unknown>>; // Checked by the next line.
  return (
    typeof fields.name === 'string' && typeof fields.kind === 'string' && typeof fields.text === 'string'
  );
}

/** Of the statements that the source makes, exported or not. */
function namesIn(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const made = text.matchAll(/\b(?:read|write)Statement<[\s\S]*?>\(\s*(?:'([^']+)')?/g);
  return [...made].map(([, name]) => name).filter((name) => name !== undefined);
}
