/** One request to a webhook, and what its outcome means for the delivery and for the webhook. */
import type { Clock, Randomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { OutboundHttp } from '../../ports/outbound-http/outbound-http.ts';
import { printableText } from './printable-text.ts';
import type { DueDeliveryRow, LeasedRow } from './queue-queries.ts';
import { FAILING_MAX_MS, pauseMs, retryAfterMs, retryDelayMs } from './retry-schedule.ts';
import { signatureHeaders } from './webhook-signature.ts';
import type { DisabledReason } from './webhooks-queries.ts';

/** For the whole attempt; who takes longer is tried again. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
/** Of an answer, in the log of deliveries. */
export const RESPONSE_BYTES_MAX = 1_024;

/** What came back. */
export interface AttemptResult {
  readonly at: Date;
  readonly tookMs: number;
  /** Null if there was no answer. */
  readonly status: number | null;
  readonly responseBody: string | null;
  /** Why it counts as failed; null if it does not. */
  readonly error: string | null;
  readonly retryAfterMs: number;
}

export interface AttemptDeps {
  readonly outboundHttp: OutboundHttp;
  readonly clock: Clock;
}

/** The `webhook-id` of a delivery: the same at every attempt and replay, so that receivers know what they have had. */
export function messageIdOf(deliveryId: Id): string {
  return `msg_${deliveryId}`;
}

/** Never fails: whatever goes wrong is the result. */
export async function attempt(
  webhook: LeasedRow,
  delivery: DueDeliveryRow,
  { outboundHttp, clock }: AttemptDeps,
): Promise<AttemptResult> {
  const at = new Date(clock.nowMs());
  const startMs = clock.monotonicMs();
  const { secret, previous_secret: previous } = webhook;
  const message = {
    messageId: messageIdOf(delivery.delivery_id),
    timestampS: Math.floor(at.getTime() / 1_000),
    body: delivery.body,
  };
  const headers = signatureHeaders(message, previous === null ? [secret] : [secret, previous]);
  const took = () => Math.round(clock.monotonicMs() - startMs);
  try {
    const { status, body, ...response } = await outboundHttp.send({
      method: 'POST',
      url: webhook.url,
      headers: { 'content-type': 'application/json', ...headers },
      body: delivery.body,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      responseBytesMax: RESPONSE_BYTES_MAX,
      redirectsMax: 0,
    });
    return {
      at,
      tookMs: took(),
      status,
      responseBody: printableText(body),
      error: errorOf(status),
      retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.nowMs()),
    };
  } catch (error) {
    const message = error instanceof AppError ? error.message : 'The request could not be sent.';
    return { at, tookMs: took(), status: null, responseBody: null, error: message, retryAfterMs: 0 };
  }
}

/** Redirects are not followed: the address that was registered is the one that is signed for and checked. */
function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The answer is a redirect (${status}), which is not followed.`;
  return `The answer is ${status}, not one of 200 to 299.`;
}

/** What is to be written down. */
export interface Outcome {
  readonly state: 'delivered' | 'waiting' | 'failed';
  /** Of one that waits: the next attempt. */
  readonly dueAt: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly pausedUntil: Date | null;
  /** The webhook is to be disabled. */
  readonly disable: Exclude<DisabledReason, 'owner'> | undefined;
}

const GONE = 410;
/** With Retry-After these speak of the server as a whole. */
const OVERLOADED: ReadonlySet<number | null> = new Set([429, 503]);

export function outcomeOf(
  webhook: Pick<LeasedRow, 'failures' | 'failing_since'>,
  attempts: number,
  result: AttemptResult,
  randomness: Pick<Randomness, 'fraction'>,
): Outcome {
  if (result.error === null) {
    return {
      state: 'delivered',
      dueAt: null,
      failures: 0,
      failingSince: null,
      pausedUntil: null,
      disable: undefined,
    };
  }
  const endMs = result.at.getTime() + result.tookMs;
  const failures = webhook.failures + 1;
  const failingSince = webhook.failing_since ?? result.at;
  const delayMs = retryDelayMs(attempts, randomness.fraction());
  const askedMs = OVERLOADED.has(result.status) ? result.retryAfterMs : 0;
  const pausedMs = Math.max(pauseMs(failures, randomness.fraction()), askedMs);
  const isTooLong = endMs - failingSince.getTime() >= FAILING_MAX_MS;
  return {
    state: delayMs === undefined ? 'failed' : 'waiting',
    dueAt: delayMs === undefined ? null : new Date(endMs + Math.max(delayMs, result.retryAfterMs)),
    failures,
    failingSince,
    pausedUntil: pausedMs === 0 ? null : new Date(endMs + pausedMs),
    disable: result.status === GONE ? 'gone' : isTooLong ? 'failing' : undefined,
  };
}
