/** `groundswell render pgbouncer`: a pooler before the PostgreSQL that is configured. */
import { Command, InvalidArgumentError } from 'commander';
import { AppError } from '../core/errors.ts';
import { renderPgbouncerConfig } from '../planner/pgbouncer-config.ts';
import { PORT_MAX } from '../planner/started-engine.ts';
import { poolerSettings } from '../ports/sql-store/postgres-session.ts';
import { configOf } from './config-options.ts';
import { withExamples } from './examples.ts';
import { wholeNumber } from './option-values.ts';

interface PgbouncerOptions {
  readonly databaseUrl?: string;
  readonly host: string;
  readonly port: number;
  readonly sessions: number;
  readonly clients: number;
  readonly users: string;
}

const PORT = 6_432;
const SESSIONS = 20;
const SESSIONS_MAX = 10_000;
const CLIENTS = 1_000;
const CLIENTS_MAX = 100_000;
const POSTGRES_PORT = 5_432;
/** What PgBouncer reads without quotes. */
const WORD = /^[\w.:/-]+$/;

export function pgbouncerCommand(): Command {
  const command = new Command('pgbouncer')
    .description('A pooler before the database, for GROUNDSWELL_DATABASE_POOLED_URL.')
    .option('--database-url <url>', 'the PostgreSQL behind it (GROUNDSWELL_DATABASE_URL)')
    .option('--host <address>', 'where it listens', word, '127.0.0.1')
    .option('--port <port>', 'and at which port', wholeNumber(1, PORT_MAX), PORT)
    .option('--sessions <number>', 'of the database, at most', wholeNumber(1, SESSIONS_MAX), SESSIONS)
    .option('--clients <number>', 'connections to it, at most', wholeNumber(1, CLIENTS_MAX), CLIENTS)
    .option('--users <path>', 'file with users and passwords', word, '/etc/pgbouncer/userlist.txt')
    .action(printPgbouncer);
  return withExamples(
    command,
    'groundswell render pgbouncer > /etc/pgbouncer/pgbouncer.ini',
    'groundswell render pgbouncer --database-url postgres://app@10.0.0.5/app',
  );
}

function word(text: string): string {
  if (WORD.test(text)) return text;
  throw new InvalidArgumentError('It must be of letters, digits and ./:-_ only.');
}

function printPgbouncer({ databaseUrl, host, port, sessions, clients, users }: PgbouncerOptions): void {
  const { url, nodes } = configOf(databaseUrl === undefined ? {} : { databaseUrl }).database;
  if (url === undefined || nodes !== undefined) {
    throw new AppError(
      'invalid',
      'Name the one PostgreSQL behind it: --database-url postgres://user@host/database.',
    );
  }
  process.stdout.write(
    renderPgbouncerConfig({
      ...serverOf(url),
      listen: { host, port },
      ...{ sessions, clientsMax: clients, userFile: users, settings: poolerSettings() },
    }),
  );
}

function serverOf(url: string) {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  const host = searchParams.get('host') ?? hostname.replace(/^\[|\]$/g, '');
  if (!WORD.test(database) || !WORD.test(host)) {
    throw new AppError(
      'invalid',
      'The URL must name host and database by letters, digits and ./:-_ only, as PgBouncer reads them.',
    );
  }
  return { database, server: { host, port: Number(port || searchParams.get('port') || POSTGRES_PORT) } };
}
