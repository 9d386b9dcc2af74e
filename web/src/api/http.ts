/**
 * Calls of the API. A write carries an idempotency key, so that one whose answer was lost can be sent again: it is never
 * done twice. One that may be done twice can be sent without. What the page may do as the signed-in user is in an HttpOnly cookie, and proven by the CSRF token.
 */
import { signal } from '@preact/signals';
import { Problem, problemOf } from './problem.ts';
import { randomKey } from './random-key.ts';

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** One for each thing that the person does; the same for all attempts at it. Null: doing it twice does no harm. */
  readonly idempotencyKey?: string | null;
  readonly signal?: AbortSignal;
  /** In place of the cookie. */
  readonly bearer?: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const PREFIX = '/api/v1';
const TIMEOUT_MS = 15_000;
/** Waits before further attempts. Reads are shown as failed sooner, with a button. */
const WRITE_RETRIES_MS = [500, 2_000, 5_000] as const;
const READ_RETRIES_MS = [500] as const;

/** Whether the last call got through. */
export const isReachable = signal(true);
/** Sent with writes. `undefined`: not known before the server is back, so that no write can get through. */
let csrfToken: string | null | undefined = null;
let onSignedOut = (): void => undefined;

export function setCsrfToken(token: string | null | undefined): void {
  csrfToken = token;
}

/** For the few calls that are not of this file. */
export function csrfHeaders(): Record<string, string> {
  return typeof csrfToken === 'string' ? { 'x-csrf-token': csrfToken } : {};
}

/** What to do when an answer says that the session has ended. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

export const newKey = randomKey;

export function get<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  return call('GET', path, options);
}

export function post<Answer>(path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
  return call('POST', path, { ...options, body });
}

export function put<Answer>(path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
  return call('PUT', path, { ...options, body });
}

export function patch<Answer>(path: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
  return call('PATCH', path, { ...options, body });
}

export function remove<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  return call('DELETE', path, options);
}

/** Rejects with a Problem, or with the abort of `options.signal`. */
async function call<Answer>(method: Method, path: string, options: CallOptions): Promise<Answer> {
  const isWrite = method !== 'GET';
  const { idempotencyKey = isWrite ? newKey() : null } = options;
  const delays = isWrite ? WRITE_RETRIES_MS : READ_RETRIES_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptCall<Answer>(method, path, { ...options, idempotencyKey });
    } catch (error) {
      const delayMs = delays[attempt];
      if (!(error instanceof Problem) || !mayRepeat(error) || delayMs === undefined) throw error;
      await pause(Math.max(delayMs, (error.retryAfterS ?? 0) * 1_000), options.signal);
    }
  }
}

/** A refusal that will stand is no reason to wait; nor is a limit, which the person should see. */
function mayRepeat({ isUncertain, status, retryAfterS = 0 }: Problem): boolean {
  return (isUncertain && retryAfterS <= 5) || (status === 409 && retryAfterS > 0 && retryAfterS <= 5);
}

async function attemptCall<Answer>(method: Method, path: string, options: CallOptions): Promise<Answer> {
  if (csrfToken === undefined && method !== 'GET' && options.bearer === undefined) throw unreachable();
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const { body, query = {} } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (typeof options.idempotencyKey === 'string') headers['idempotency-key'] = options.idempotencyKey;
  if (options.bearer !== undefined) headers['authorization'] = `Bearer ${options.bearer}`;
  if (consistencyToken !== '') headers['consistency-token'] = consistencyToken;
  if (method !== 'GET') Object.assign(headers, csrfHeaders());
  let response: Response;
  try {
    response = await fetch(`${PREFIX}${path}${queryText(query)}`, {
      method,
      headers,
      credentials: options.bearer === undefined ? 'same-origin' : 'omit',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    isReachable.value = false;
    throw timeout.aborted
      ? new Problem('The server takes too long to answer.', { status: 0 })
      : unreachable();
  }
  isReachable.value = true;
  keepConsistencyToken(response.headers);
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Answer;
  const problem = await problemOf(response);
  if (response.status === 401 && csrfToken !== null && options.bearer === undefined) onSignedOut();
  throw problem;
}

/** Up to where this page has seen what is committed. Answers may overtake each other, and the greater text is the later one. */
let consistencyToken = '';

function keepConsistencyToken(headers: Headers): void {
  const token = headers.get('consistency-token') ?? '';
  if (token > consistencyToken) consistencyToken = token;
}

function unreachable(): Problem {
  return new Problem('The server cannot be reached.', { status: 0 });
}

function queryText(query: NonNullable<CallOptions['query']>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

function pause(ms: number, abort: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    abort?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(abort.reason);
    });
  });
}
