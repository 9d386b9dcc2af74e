/**
 * Where a Redis is, by its URL: `redis://user:password@host:6379/0`, or of a cluster some of its nodes, which know the others:
 * `redis-cluster://user:password@host:6379?node=other:6379`. With `rediss` in place of `redis`, over TLS.
 */

export interface RedisAddress {
  readonly cluster: boolean;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** 0 for a cluster, which has only one. */
  readonly database: number;
  readonly tls: boolean;
}

export const REDIS_SCHEMES = ['redis:', 'rediss:', 'redis-cluster:', 'rediss-cluster:'] as const;
export const REDIS_URL_FORM =
  'redis://user:password@host:6379/0, or redis-cluster://host:6379?node=other:6379 for a cluster';

const PORT = 6_379;
const DATABASE_MAX = 9_999;

/** `undefined`: it is none. */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const scheme = REDIS_SCHEMES.find((one) => one === url.protocol);
  const cluster = scheme?.includes('cluster') ?? false;
  const database = url.pathname.replace(/^\/?/, '') || '0';
  const others = url.searchParams.getAll('node').map(nodeOf);
  const isWhole =
    scheme !== undefined &&
    url.hostname !== '' &&
    [...url.searchParams.keys()].every((name) => name === 'node') &&
    (cluster ? database === '0' : others.length === 0 && /^\d{1,4}$/.test(database)) &&
    Number(database) <= DATABASE_MAX;
  if (!isWhole || others.includes(undefined)) return undefined;
  return {
    cluster,
    nodes: [nodeAt(url), ...others.filter((node) => node !== undefined)],
    username: given(url.username),
    password: given(url.password),
    database: Number(database),
    tls: scheme.startsWith('rediss'),
  };
}

function nodeOf(text: string): RedisAddress['nodes'][number] | undefined {
  const address = `redis://${text}`;
  return text !== '' && URL.canParse(address) ? nodeAt(new URL(address)) : undefined;
}

function nodeAt({ hostname, port }: URL): RedisAddress['nodes'][number] {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? PORT : Number(port) };
}

function given(text: string): string | undefined {
  return text === '' ? undefined : decodeURIComponent(text);
}
