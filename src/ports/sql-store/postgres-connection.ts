import pg, { type ClientConfig } from 'pg';

/** How a PostgreSQL server is reached. `host` is a name, an address or the folder of a unix socket. */
export type PostgresConnection =
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    }
  | { readonly url: string };

/** PostgreSQL waits this long for a keep-alive's first probe, so that a dead peer is noticed. */
const KEEP_ALIVE_DELAY_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

const INT8 = 20;
const INT8_ARRAY = 1016;

/** The options of `pg` that every connection of ours shares. */
export function clientConfig(connection: PostgresConnection): ClientConfig {
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

/** Runs `work` on a connection of its own. Errors come out as the driver has them. */
export async function withClient<Result>(
  connection: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(clientConfig(connection));
  // What breaks the connection also fails the statement that runs on it.
  client.on('error', () => undefined);
  try {
    await client.connect();
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
