/**
 * The calls of the API that drivers and riders make. Each is sent until there is an answer, with one Idempotency-Key and to one server
 * after the other, and all that was asked and answered is written into a history, from which a checker tells whether it was true.
 */
import { API } from '../client/api-client.ts';
import type { HttpRequest } from '../client/http-client.ts';
import { HttpConnectionError } from '../client/http-connection.ts';
import { type HttpResponse, headerOf } from '../client/http-response-parser.ts';
import type { Clock } from '../core/clock.ts';
import type { HistoryRecorder, InvokedOperation, PendingOperation } from '../history/history-recorder.ts';
import type { Servers } from './servers.ts';

/** One of the town's people. */
export interface Person {
  readonly userId: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the history says of a call; none: it says nothing. */
export interface RecordedCall {
  readonly f: string;
  readonly key: string;
  value(): object;
  /** Of an answer that says it was done. */
  done(body: Answer['body']): object;
}

export interface Call {
  readonly method: HttpRequest['method'];
  /** Below the API's prefix. */
  readonly path: string;
  readonly body?: object;
  /** Unique over all of a simulation; none: it may be done twice. */
  readonly idempotencyKey?: string;
  readonly recorded?: RecordedCall;
}

export interface RideCalls {
  /** `undefined`: there was no answer in all the time there is, and it may have been done or not. */
  call(person: Person, call: Call): Promise<Answer | undefined>;
  /** Whoever is called next asks another server. */
  move(person: Person): void;
  /** Of the person's server. */
  urlFor(person: Person): string;
  readonly refusals: ReadonlyMap<string, number>;
  readonly unanswered: () => number;
}

export interface RideCallsDeps {
  readonly servers: Servers;
  readonly clock: Clock;
  readonly recorder: HistoryRecorder | undefined;
  readonly signal: AbortSignal;
  /** Tells the keys of this simulation from those of others. */
  readonly runId: string;
}

const TRY_FOR_MS = 90_000;
const PAUSE_MS = 250;
const SECOND_MS = 1_000;
const NOTHING: Answer['body'] = {};

export function createRideCalls({ servers, clock, recorder, signal, runId }: RideCallsDeps): RideCalls {
  const homes = new Map<Person, number>();
  const refusals = new Map<string, number>();
  let unanswered = 0;

  function homeOf(person: Person): number {
    const home = homes.get(person) ?? homes.size;
    homes.set(person, home);
    return home;
  }

  function move(person: Person): void {
    homes.set(person, homeOf(person) + 1);
  }

  /** `undefined`: it is to be sent again. */
  async function attempt(person: Person, { recorded, ...call }: Call): Promise<Answer | undefined> {
    const { method, path, body, idempotencyKey } = call;
    const key = idempotencyKey === undefined ? undefined : `${runId}-${idempotencyKey}`;
    const operation = recorded && recorder?.invoke(operationOf(recorded, key));
    try {
      const response = await servers.send(homeOf(person), {
        ...{ method, path: `${API}${path}`, token: person.token, idempotencyKey: key },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const answer = answerOf(response);
      record(answer, operation, recorded);
      if (!isForLater(response)) return answer;
      count(refusals, `${answer.status}`);
      await clock.sleep(retryAfterMs(response), signal);
    } catch (error) {
      if (!(error instanceof HttpConnectionError)) throw error;
      if (error.sent) operation?.info({ error: error.code });
      else operation?.fail({ error: error.code });
      move(person);
      await clock.sleep(PAUSE_MS, signal);
    }
    return undefined;
  }

  return {
    refusals,
    unanswered: () => unanswered,
    move,
    urlFor: (person) => servers.urlOf(homeOf(person)),
    async call(person, call) {
      const untilMs = clock.monotonicMs() + TRY_FOR_MS;
      while (!signal.aborted && clock.monotonicMs() < untilMs) {
        const answer = await attempt(person, call);
        if (answer !== undefined) return answer;
      }
      unanswered += 1;
      return undefined;
    },
  };
}

function operationOf({ f, key, value }: RecordedCall, idem: string | undefined): InvokedOperation {
  return { f, key, value: value(), ...(idem === undefined ? {} : { idem }) };
}

/** A failure of the server may have come after the commit. */
function record(
  { status, body }: Answer,
  operation: PendingOperation | undefined,
  recorded: RecordedCall | undefined,
): void {
  if (recorded === undefined) return;
  if (status < 300) operation?.ok(recorded.done(body));
  else if (status >= 500) operation?.info({ status });
  else operation?.fail({ status });
}

function answerOf({ status, body }: HttpResponse): Answer {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return { status, body: isObject(parsed) ? parsed : NOTHING };
  } catch {
    return { status, body: NOTHING };
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Too much at once, one of our own attempts that is still under way, or a server that is not well. */
function isForLater(response: HttpResponse): boolean {
  const { status } = response;
  return (
    status >= 500 || status === 429 || (status === 409 && headerOf(response, 'retry-after') !== undefined)
  );
}

function retryAfterMs(response: HttpResponse): number {
  const seconds = Number(headerOf(response, 'retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * SECOND_MS : PAUSE_MS;
}

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
