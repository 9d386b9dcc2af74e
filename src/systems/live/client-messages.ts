/** What clients may say over a WebSocket: which posts they show. Whatever else they send is answered with an error. */
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { type Id, isIdText } from '../../core/ids.ts';
import type { LiveConnection } from './connection.ts';
import { Frame } from './frame.ts';
import { WATCHED_POSTS_MAX } from './watches.ts';

/** A list of WATCHED_POSTS_MAX ids and what stands around it. */
export const MESSAGE_BYTES_MAX = 4_096;
/** In each stretch of MESSAGES_WINDOW_MS: a reader who scrolls says what is on the screen once a second. */
export const MESSAGES_MAX = 20;
export const MESSAGES_WINDOW_MS = 10_000;
/** Messages of one connection that are not understood, or too many, before it is closed. */
export const FAULTS_MAX = 5;

export interface ClientMessages {
  /** Never fails: the client is told what is wrong with its message. */
  receive(text: string): Promise<void>;
}

export interface ClientMessagesDeps {
  readonly connection: LiveConnection;
  readonly watch: (postIds: readonly Id[]) => Promise<void>;
  readonly clock: Clock;
}

export function createClientMessages({ connection, watch, clock }: ClientMessagesDeps): ClientMessages {
  let windowMs = Number.NEGATIVE_INFINITY;
  let received = 0;
  let faults = 0;
  /** One at a time, so that the last is what counts. */
  let work = Promise.resolve();

  function countMessage(): void {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowMs >= MESSAGES_WINDOW_MS) [windowMs, received] = [nowMs, 0];
    received += 1;
    if (received <= MESSAGES_MAX) return;
    throw new AppError(
      'rate_limited',
      `At most ${MESSAGES_MAX} messages in ${MESSAGES_WINDOW_MS / 1_000} s.`,
    );
  }

  function refuse(error: unknown): void {
    const known = error instanceof AppError ? error : new AppError('unavailable', 'Try again.');
    // At once, also while events are held: a connection that ends lets go of those.
    connection.sendNow(new Frame('error', JSON.stringify({ code: known.code, detail: known.message })));
    if (known.code !== 'invalid' && known.code !== 'rate_limited') return;
    faults += 1;
    if (faults >= FAULTS_MAX) connection.end('bad_messages');
  }

  return {
    receive(text) {
      try {
        countMessage();
        const postIds = parseWatch(text);
        work = work.then(() => watch(postIds)).catch(refuse);
      } catch (error) {
        refuse(error);
      }
      return work;
    },
  };
}

/** `{"type": "watch", "post_ids": […]}`. Fails with `invalid`. */
function parseWatch(text: string): Id[] {
  const message = parseJson(text);
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'watch') {
    throw new AppError('invalid', 'Send {"type": "watch", "post_ids": [...]}.');
  }
  return parseWatched('post_ids' in message ? message.post_ids : undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('invalid', 'A message must be JSON.');
  }
}

/** Of a list of ids from a client, each once. Fails with `invalid`. */
export function parseWatched(list: unknown): Id[] {
  const isList = Array.isArray(list) && list.every((id) => typeof id === 'string' && isIdText(id));
  if (!isList) throw new AppError('invalid', 'post_ids must be a list of ids.');
  if (list.length > WATCHED_POSTS_MAX) {
    throw new AppError('invalid', `post_ids must have at most ${WATCHED_POSTS_MAX} items.`);
  }
  return [...new Set(list.map(Number))];
}
