/** Why a Redis that is there does not let us in, and what to do about it: for operators, in the log and on /health/ready. */

const REFUSALS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [
    /\bWRONGPASS\b|ERR invalid password/,
    'Redis refuses the user or password: put the right ones into its URL, such as redis://user:password@host:6379.',
  ],
  [
    /\bNOAUTH\b/,
    'Redis wants a password, and its URL has none: name it, such as redis://:password@host:6379.',
  ],
  [
    /\bNOPERM\b/,
    'Redis does not let its user do what is needed: allow it all commands, keys and channels (ACL SETUSER … +@all ~* &*).',
  ],
  [
    /max number of clients/,
    'Redis has as many clients as it may: let it have more (maxclients), or run fewer processes.',
  ],
  [/^MOVED /, 'This Redis is a node of a cluster: begin its URL with redis-cluster://.'],
  [/cluster support disabled/, 'This Redis is no cluster: begin its URL with redis://.'],
  [
    /\b(EPIPE|ECONNRESET)\b/,
    'Redis ended the connection. If it does so again and again, it has as many clients as it may (maxclients), or wants TLS (rediss://).',
  ],
  [
    /certificate|CERT_|altnames/i,
    'The certificate of Redis is not trusted: name its authority in NODE_EXTRA_CA_CERTS, and in the URL the host that it is for.',
  ],
];

/** `undefined`: it may just as well be away. Shows no secret. */
export function redisRefusal(error: unknown): string | undefined {
  const texts = textsOf(error);
  return REFUSALS.find(([pattern]) => texts.some((text) => pattern.test(text)))?.[1];
}

/** A cluster says of its nodes what the last of them said. */
function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = 'code' in error ? [String(error.code)] : [];
  const last = 'lastNodeError' in error ? textsOf(error.lastNodeError) : [];
  return [error.message, ...code, ...last];
}
