/** The rules of ARCHITECTURE.md and STYLE.md that a program can check. Each failure names the file and the remedy. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../src/config/package-info.ts';

interface Source {
  /** From the root of the package, such as `src/core/ids.ts`. */
  readonly file: string;
  readonly text: string;
  /** Files of ours that it imports, from the root of the package. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const root = packageRoot();
const files = listFiles();
const sources = files.filter((file) => /^(src|test)\/.*\.ts$/.test(file)).map(readSource);
const pages = files.filter((file) => /^web\/.*\.tsx?$/.test(file)).map(readSource);
const product = sources.filter(({ file }) => file.startsWith('src/') && !/\.(test|contract)\.ts$/.test(file));

const DRIVERS = new Set([
  'pg',
  'pg-copy-streams',
  'ioredis',
  'redis',
  '@platformatic/kafka',
  'cassandra-driver',
  'aws4fetch',
]);
const LINES_MAX = 400;
/** Folders of `src/`: each may use those before it. */
const FLOORS = [
  ...[
    'core',
    'telemetry',
    'resilience',
    'config',
    'roads',
    'seed',
    'planner',
    'ports',
    'history',
    'http',
    'client',
  ],
  ...['systems', 'roles', 'simulator', 'up', 'bench', 'demo', 'cli', 'main.ts'],
];

describe('tidy', () => {
  it('core imports nothing of ours but core', () => {
    const wrong = product
      .filter(({ file }) => file.startsWith('src/core/'))
      .flatMap(({ file, imports }) =>
        imports.filter((name) => !name.startsWith('src/core/')).map((name) => `${file} imports ${name}`),
      );
    assert.deepEqual(wrong, [], 'what core needs belongs into core');
  });

  it('no files import each other in a circle', () => {
    assert.deepEqual(
      circular([...sources, ...pages]),
      [],
      'what both need belongs into a file that imports neither',
    );
  });

  it('each folder of src uses only those below it', () => {
    const floorOf = (file: string) => FLOORS.indexOf(file.split('/')[1] ?? '');
    const wrong = product.flatMap(({ file, imports }) =>
      imports.filter((name) => floorOf(file) < floorOf(name)).map((name) => `${file} imports ${name}`),
    );
    const unknown = product.map(({ file }) => file).filter((file) => floorOf(file) < 0);
    assert.deepEqual([wrong, unknown], [[], []], 'what a lower folder needs belongs into it, or below it');
  });

  it('the planner does no IO', () => {
    const wrong = product
      .filter(({ file }) => file.startsWith('src/planner/'))
      .flatMap(({ file, imports, packages }) => [
        ...packages.filter((name) => name !== 'yaml').map((name) => `${file} imports ${name}`),
        ...imports
          .filter(
            (name) => !/^src\/(planner|core)\/|^src\/config\/(config|roles|settings|systems)\.ts$/.test(name),
          )
          .map((name) => `${file} imports ${name}`),
      ]);
    assert.deepEqual(wrong, [], 'what reads, writes or starts anything belongs into up or a command');
  });

  it('a system imports core, telemetry, resilience, its own folder and port interfaces, nothing else', () => {
    const wrong = product
      .filter(({ file }) => file.startsWith('src/systems/'))
      .flatMap(({ file, imports }) =>
        imports.filter((name) => !mayImport(file, name)).map((name) => `${file} imports ${name}`),
      );
    assert.deepEqual(
      wrong,
      [],
      'systems meet through events or through functions that roles/compose.ts passes',
    );
  });

  it('SQL stands only in *-queries.ts, the PostgreSQL adapters and migrations', () => {
    const sql = /\b(SELECT\s[\s\S]{1,200}?\sFROM|INSERT INTO|DELETE FROM|UPDATE\s\w+\sSET)\s/;
    const wrong = product
      .filter(({ file }) => !/-queries\.ts$/.test(file) && !isPostgresAdapter(file))
      .filter(({ text }) => sql.test(withoutComments(text)))
      .map(({ file }) => file);
    assert.deepEqual(wrong, [], 'move the statement into the queries file of its system');
  });

  it('driver packages are imported only by adapters', () => {
    const wrong = product
      .filter(({ file }) => !file.startsWith('src/ports/') && !isPostgresAdapter(file))
      .flatMap(({ file, packages }) =>
        packages.filter((name) => DRIVERS.has(name)).map((name) => `${file} imports ${name}`),
      );
    assert.deepEqual(wrong, []);
  });

  it('the environment, the exit, the clock and randomness are each read in one place', () => {
    const places: [RegExp, string][] = [
      [/\bprocess\.env\b/, 'src/config/env.ts'],
      [/\bprocess\.exit\(/, 'src/main.ts'],
      [
        /\b(Date\.now|performance\.now|Math\.random)\(|\bnew Date\(\)|\brandom(Bytes|UUID|Int)\(/,
        'src/core/clock.ts',
      ],
    ];
    const wrong = places.flatMap(([pattern, place]) =>
      product
        .filter(({ file, text }) => file !== place && pattern.test(withoutComments(text)))
        .map(({ file }) => `${file}: ${pattern.source} belongs into ${place}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('every adapter of a port has a test that runs the contract of the port', () => {
    const contracts = files.filter((file) => /^src\/ports\/[^/]+\/[^/]+\.contract\.ts$/.test(file));
    assert.ok(contracts.length > 0);
    const wrong = contracts.flatMap((contract) => {
      const port = path.basename(contract, '.contract.ts');
      const adapter = new RegExp(`^${path.dirname(contract)}/[a-z0-9]+-${port}\\.ts$`);
      return files
        .filter((file) => adapter.test(file))
        .filter((file) => !runsContract(file.replace(/\.ts$/, '.test.ts'), contract))
        .map((file) => `${file} is not held to ${contract}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('only main and the commands start roles', () => {
    const wrong = product
      .filter(({ file }) => !/^src\/(main\.ts$|cli\/|roles\/)/.test(file))
      .filter(({ imports }) => imports.some((name) => name.startsWith('src/roles/')))
      .map(({ file }) => file);
    assert.deepEqual(wrong, []);
  });

  it('only routes import http, and only roles and http itself besides', () => {
    const wrong = product
      .filter(({ file }) => !/-routes\.ts$|^src\/(http|roles)\//.test(file))
      .filter(({ imports }) => imports.some((name) => name.startsWith('src/http/')))
      .map(({ file }) => file);
    assert.deepEqual(wrong, []);
  });

  it('files are kebab-case and named for what they hold', () => {
    const vague = /(^|[-/])(utils?|helpers?|common|managers?|misc)\.ts$|(^|\/)index\.ts$/;
    const wrong = sources
      .map(({ file }) => file)
      .filter((file) => vague.test(file) || !/^[a-z0-9/.-]+$/.test(file));
    assert.deepEqual(wrong, []);
  });

  it(`no source file is longer than ${LINES_MAX} lines`, () => {
    const wrong = product.filter(({ text }) => text.split('\n').length > LINES_MAX).map(({ file }) => file);
    assert.deepEqual(wrong, [], 'look for a second noun in it');
  });

  it('an any, a cast to any or a silenced rule has its reason beside it', () => {
    const wrong = product
      .filter(({ text }) => /@ts-(ignore|expect-error)(?!: )|biome-ignore [^\n:]+\n/.test(text))
      .map(({ file }) => file);
    assert.deepEqual(wrong, []);
  });

  it('every migration is numbered once and says in its first lines what it is', () => {
    const migrations = files.filter((file) => file.startsWith('migrations/'));
    const numbers = migrations.map((file) => /^migrations\/(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]);
    assert.ok(!numbers.includes(undefined), `a migration is misnamed: ${migrations.join(', ')}`);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const file of migrations) assert.match(readFileSync(path.join(root, file), 'utf8'), /^-- /);
  });

  it('every table has a primary key, and a shard or the reason why it has none', () => {
    const wrong = files
      .filter((file) => file.startsWith('migrations/'))
      .flatMap((file) =>
        tablesOf(readFileSync(path.join(root, file), 'utf8')).map((table) => ({ file, ...table })),
      )
      .filter(({ body }) => !/primary key/i.test(body) || !/\bshard\b/.test(body))
      .map(({ file, name }) => `${file}: ${name}`);
    assert.deepEqual(wrong, [], 'say why it has no shard in the comment before the table');
  });

  it('no foreign key crosses a system', () => {
    const wrong = files
      .filter((file) => file.startsWith('migrations/'))
      .filter((file) =>
        /\breferences\s+\w+/i.test(readFileSync(path.join(root, file), 'utf8').replace(/--.*$/gm, '')),
      );
    assert.deepEqual(wrong, [], 'foreign keys stop a system from moving to a database of its own');
  });

  it('the lock file names every platform of every package, so that `npm ci` works on all of them', () => {
    const lock: unknown = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
    assert.ok(typeof lock === 'object' && lock !== null && 'packages' in lock);
    const packages = Object.entries(lock.packages as Record<string, { optionalDependencies?: object }>);
    const named = new Set(packages.map(([name]) => name.replace(/^.*node_modules\//, '')));
    const missing = packages
      .flatMap(([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies))
      .filter((name) => !named.has(name));
    assert.deepEqual(missing, []);
  });

  it('the lock file carries no download addresses', () => {
    assert.doesNotMatch(readFileSync(path.join(root, 'package-lock.json'), 'utf8'), /"resolved": "http/);
  });
});

function listFiles(): string[] {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const listed = existsSync(path.join(root, '.git'))
    ? execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], options)
    : execFileSync('find', ['src', 'test', 'migrations', '-type', 'f'], options);
  return [...new Set(listed.split('\n'))].filter((file) => file !== '' && existsSync(path.join(root, file)));
}

function readSource(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8');
  const names = [...text.matchAll(/^(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)]
    .map((match) => match[1] ?? match[2] ?? '')
    .concat([...text.matchAll(/^import '([^']+)'/gm)].map((match) => match[1] ?? ''));
  const own = names.filter((name) => name.startsWith('.'));
  return {
    file,
    text,
    imports: own.map((name) => path.join(path.dirname(file), name)),
    packages: names.filter((name) => !name.startsWith('.')),
  };
}

/** Files that import each other in circles, and those on the way between two such circles. */
function circular(all: readonly Source[]): string[] {
  let left = new Map(all.map((source) => [source.file, source]));
  for (;;) {
    const names = left;
    const importing = [...left].filter(([, { imports }]) => imports.some((name) => names.has(name)));
    if (importing.length === left.size) return [...left.keys()];
    left = new Map(importing);
  }
}

function mayImport(file: string, name: string): boolean {
  const system = file.split('/').slice(0, 3).join('/');
  if (name.startsWith(`${system}/`)) return true;
  if (/^src\/(core|telemetry|resilience)\//.test(name)) return true;
  if (/-routes\.ts$/.test(file) && name.startsWith('src/http/')) return true;
  const [, port] = /^src\/ports\/([^/]+)\/([^/]+)\.ts$/.exec(name) ?? [];
  return port !== undefined && path.basename(name, '.ts') === port;
}

function isPostgresAdapter(file: string): boolean {
  // The benchmark measures the bare driver beside the product: that is its purpose.
  if (file === 'src/bench/postgres-yardsticks.ts') return true;
  return /^src\/ports\/.*\/(postgres-[a-z-]+|migrate)\.ts$/.test(file);
}

function runsContract(test: string, contract: string): boolean {
  return files.includes(test) && readSource(test).imports.includes(contract);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');
}

function tablesOf(sql: string): { name: string; body: string }[] {
  const table = /((?:--.*\n)*)create (?:unlogged )?table (?:if not exists )?(\w+)\s*\(([\s\S]*?)\n\)/gi;
  return [...sql.matchAll(table)].map(([, comment, name = '', body]) => ({
    name,
    body: `${comment}${body}`,
  }));
}
