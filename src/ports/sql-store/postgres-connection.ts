import pg, { type ClientConfig } from 'pg';
import { assert } from '../../core/errors.ts';

/** How one PostgreSQL server is reached. `host` is a name, an address or the folder of a unix socket. */
export type ServerConnection =
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    }
  | { readonly url: string };

/** One server, or whichever of several may be written to. */
export type PostgresConnection = ServerConnection | { readonly primary: PrimaryFinder };

export interface PrimaryFinder {
  /** Where may be written now. Fails with `unavailable` while that is nowhere. */
  find(): Promise<PrimaryServer>;
  /** Calls the listener whenever another server, or none, has become it, until the returned function is called. */
  onChange(listener: (server: PrimaryServer | undefined) => void): () => void;
}

export interface PrimaryServer {
  readonly connection: ServerConnection;
  /** Rejects unless the server at the other end of a new connection is still the primary that was found. */
  verify(client: pg.ClientBase): Promise<void>;
}

/** PostgreSQL waits this long for a keep-alive's first probe, so that a dead peer is noticed. */
const KEEP_ALIVE_DELAY_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

const INT8 = 20;
const INT8_ARRAY = 1016;

/** The options of `pg` that every connection of ours shares. */
export function clientConfig(connection: ServerConnection): ClientConfig {
  const address = 'url' in connection ? { connectionString: connection.url } : connection;
  return {
    ...address,
    application_name: 'groundswell',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    types: {
      // biome-ignore lint/suspicious/noExplicitAny: the signature is pg's own
      getTypeParser: (oid: number, format?: 'text' | 'binary'): any => {
        if (oid === INT8) return safeInteger;
        if (oid === INT8_ARRAY) return safeIntegers;
        return pg.types.getTypeParser(oid, format ?? 'text');
      },
    },
  };
}

/**
 * A connection that is open. Of several servers it is to the primary, and is cut when another one becomes that: what it
 * would write to the old one would be lost. Errors come out as the driver has them, or as `PrimaryFinder.find` says.
 */
export async function openClient(
  connection: PostgresConnection,
  options: Pick<ClientConfig, 'query_timeout'> = {},
): Promise<pg.Client> {
  const primary = 'primary' in connection ? await connection.primary.find() : undefined;
  const server = 'primary' in connection ? primary?.connection : connection;
  assert(server !== undefined, 'a finder that fails rejects');
  const client = new pg.Client({ ...clientConfig(server), ...options });
  // What breaks the connection also fails the statement that runs on it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await primary?.verify(client);
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
  if ('primary' in connection) {
    client.once(
      'end',
      connection.primary.onChange(() => void client.end().catch(() => undefined)),
    );
  }
  return client;
}

/** Runs `work` on a connection of its own. Errors come out as the driver has them. */
export async function withClient<Result>(
  connection: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await openClient(connection);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is not a safe integer`);
  return value;
}

/** One-dimensional arrays only: PostgreSQL writes them as {1,2,NULL}. */
function safeIntegers(text: string): (number | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : safeInteger(item)));
}
