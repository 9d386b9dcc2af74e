/** Keeps secrets out of the log. What is named like a secret is replaced, wherever it stands. */

const REDACTED = '[redacted]';
/** Compared with the name in lower case, without `-` and `_`. */
const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'newpassword',
  'currentpassword',
  'passwordhash',
  'passphrase',
  'secret',
  'clientsecret',
  'secretkey',
  'privatekey',
  'token',
  'accesstoken',
  'refreshtoken',
  'sessiontoken',
  'resettoken',
  'csrftoken',
  'xcsrftoken',
  'tokenhash',
  'apikey',
  'xapikey',
  'connectionstring',
]);
/** Deeper than any record we write on purpose; it also ends cycles. */
const DEPTH_MAX = 6;
const ITEMS_MAX = 100;
const CAUSES_MAX = 5;

/** Parts of an error worth a line; others may hold anything, such as a whole request with its headers. */
const ERROR_FIELDS = [
  'code',
  'outcome',
  'retryAfterS',
  'fields',
  'errno',
  'syscall',
  'address',
  'port',
  'severity',
  'constraint',
  'table',
  'routine',
  'statement',
] as const;

/** A first look, because nearly every name of a line is harmless. */
const SUSPICIOUS_NAME = /auth|cookie|pass|secret|token|key|connection/i;

function isSecretName(name: string): boolean {
  return SUSPICIOUS_NAME.test(name) && SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}

/** A copy of the fields that is safe to print. */
export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  return redactedFields(fields, 1);
}

function redactedFields(fields: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    // A request or response is no record but a machine; its serializer picks what to print.
    if (depth === 1 && (name === 'req' || name === 'res')) copy[name] = value;
    else copy[name] = isSecretName(name) && value !== undefined ? REDACTED : redactedValue(value, depth);
  }
  return copy;
}

function redactedValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return serializeError(value);
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  if (depth >= DEPTH_MAX) return '[too deep]';
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redactedValue(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redactedValue(item, depth + 1));
  return redactedFields(value, depth + 1);
}

/** An error as plain fields: type, message, stack, the known parts, and its cause likewise. */
export function serializeError(error: unknown): unknown {
  return error instanceof Error ? errorFields(error, CAUSES_MAX) : error;
}

function errorFields(error: Error, causesLeft: number): Record<string, unknown> {
  const fields: Record<string, unknown> = { type: error.name, message: error.message, stack: error.stack };
  for (const name of ERROR_FIELDS) {
    const value: unknown = Reflect.get(error, name);
    if (value !== undefined) fields[name] = redactedValue(value, DEPTH_MAX - 2);
  }
  if (error.cause !== undefined && causesLeft > 0) {
    fields['cause'] =
      error.cause instanceof Error ? errorFields(error.cause, causesLeft - 1) : redactedValue(error.cause, 1);
  }
  return fields;
}

/** What the log shows of an HTTP request under the name `req`. */
export function requestFields(request: unknown): unknown {
  return pickedFields(request, ['id', 'method', 'url']);
}

/** What the log shows of an HTTP response under the name `res`. */
export function responseFields(response: unknown): unknown {
  return pickedFields(response, ['statusCode']);
}

function pickedFields(source: unknown, names: readonly string[]): unknown {
  if (typeof source !== 'object' || source === null) return undefined;
  return Object.fromEntries(
    names.map((name) => [name, redactedValue(Reflect.get(source, name), DEPTH_MAX - 1)]),
  );
}

// Bounded repetitions: a line of garbage must not cost quadratic time.
const URL_CREDENTIALS = /:\/\/[^\s"\\/@]{1,300}@/g;
const URL_SECRET = /([?&](?:access_|refresh_|reset_)?(?:token|password|secret|api_key)=)[^\s"\\&#]+/gi;
const BEARER_TOKEN = /\b(Bearer|Basic) [\w+/.=~-]{8,}/gi;

/** The line without `user:password@` and secret parameters in URLs and without bearer tokens. JSON stays JSON. */
export function lineWithoutSecrets(line: string): string {
  let safe = line;
  if (safe.includes('://')) safe = safe.replaceAll(URL_CREDENTIALS, `://${REDACTED}@`);
  if (safe.includes('?')) safe = safe.replaceAll(URL_SECRET, `$1${REDACTED}`);
  if (/earer |asic /i.test(safe)) safe = safe.replaceAll(BEARER_TOKEN, `$1 ${REDACTED}`);
  return safe;
}
