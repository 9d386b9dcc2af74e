import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../config/package-info.ts';
import { assert } from '../../core/errors.ts';

/** One file `migrations/NNNN-name.sql`. */
export interface Migration {
  readonly version: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file with its line ends made equal, in hex. */
  readonly checksum: string;
  /** False when its first line is `-- transaction: none`, as CREATE INDEX CONCURRENTLY needs. */
  readonly transaction: boolean;
  /** The file cut after each line that ends with a semicolon. */
  readonly statements: readonly string[];
}

const FILE_NAME = /^([0-9]{4})-[a-z0-9-]+\.sql$/;
const WITHOUT_TRANSACTION = /^-- transaction: none\s*$/m;

/** The folder `migrations` at the root of the package, whether this runs from the sources or the build. */
export function migrationsFolder(): string {
  return path.join(packageRoot(), 'migrations');
}

/** All migrations of a folder, by version. Numbers may be left out but never used twice. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const migrations = await Promise.all(files.map((file) => readMigration(folder, file)));
  for (const [index, { version, name }] of migrations.entries()) {
    assert(version !== migrations[index - 1]?.version, `${name} has the number of another migration`);
  }
  return migrations;
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const number = FILE_NAME.exec(file)?.[1];
  assert(number !== undefined, `${file} is named like 0001-what-it-does.sql`);
  // A checkout on Windows may have other line ends.
  const sql = (await readFile(path.join(folder, file), 'utf8')).replaceAll('\r\n', '\n');
  return {
    version: Number(number),
    name: file.slice(0, -'.sql'.length),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    transaction: !WITHOUT_TRANSACTION.test(sql.split('\n', 1)[0] ?? ''),
    statements: sql.split(/(?<=;)[ \t]*\n/).filter((statement) => statement.trim() !== ''),
  };
}
