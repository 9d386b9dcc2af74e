/**
 * The configuration of PgBouncer before one PostgreSQL: sessions are shared between transactions, so that many processes
 * need few of them. What a session must know it is told by PgBouncer, because clients come and go between.
 */

export interface PgbouncerOptions {
  /** As clients name it, and as the server does. */
  readonly database: string;
  readonly server: { readonly host: string; readonly port: number };
  /** Where clients connect. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Sessions that the server has at most. */
  readonly sessions: number;
  /** Connections of all processes, at most. */
  readonly clientsMax: number;
  /** Each user with the password, as PgBouncer's documentation says. */
  readonly userFile: string;
  /** Names and values of PostgreSQL's settings. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A statement waits no longer in its process, either. */
const QUEUE_WAIT_S = 5;

export function renderPgbouncerConfig(options: PgbouncerOptions): string {
  const { database, server, listen, sessions, clientsMax, userFile, settings } = options;
  const told = Object.entries(settings).map(([name, value]) => `SET ${name} = ${value};`);
  return [
    '; Made by groundswell: render pgbouncer.',
    '[databases]',
    `${database} = host=${server.host} port=${server.port} dbname=${database} connect_query='${told.join(' ')}'`,
    '',
    '[pgbouncer]',
    `listen_addr = ${listen.host}`,
    `listen_port = ${listen.port}`,
    'auth_type = scram-sha-256',
    `auth_file = ${userFile}`,
    "; Between transactions a session is anybody's.",
    'pool_mode = transaction',
    `default_pool_size = ${sessions}`,
    `max_client_conn = ${clientsMax}`,
    `query_wait_timeout = ${QUEUE_WAIT_S}`,
    '',
  ].join('\n');
}
