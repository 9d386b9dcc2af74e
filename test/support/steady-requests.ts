/** Requests one after the other for as long as a test takes, noting whatever is not answered as it should be. */
import { API } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from '../../src/client/http-client.ts';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';

export interface SteadyRequests {
  readonly failures: readonly string[];
  answers(): number;
  /** Resolves when the last one is answered. */
  stop(): Promise<void>;
}

export interface SteadyWrites extends SteadyRequests {
  /** Ids of all posts that were acknowledged. */
  readonly postIds: readonly string[];
}

/** By a server that is too busy, as it should: nothing has failed. */
const TURNED_AWAY = /^503 .*more to do than it can/;
/** By one that finds a try of a process that died still at work; with the same key it is done once. */
const IN_FLIGHT = /^409 .*still running/;
const RETRY_MS = 200;
const TIMEOUT_MS = 30_000;

/** Reads a home timeline on so many connections. */
export function readSteadily(url: string, token: string, connections: number): SteadyRequests {
  const read: HttpRequest = { method: 'GET', path: `${API}/feed`, token };
  return repeatSteadily(url, connections, 200, () => read);
}

/** Posts on so many connections, each post with a key of its own. */
export function postSteadily(url: string, token: string, connections: number): SteadyWrites {
  const postIds: string[] = [];
  const requests = repeatSteadily(
    url,
    connections,
    201,
    () => ({
      ...{ method: 'POST', path: `${API}/posts`, token, idempotencyKey: systemRandomness.uuid() },
      body: JSON.stringify({ text: 'Is this kept?' }),
    }),
    (body) => postIds.push(JSON.parse(body).post_id),
  );
  return { ...requests, postIds };
}

function repeatSteadily(
  url: string,
  connections: number,
  status: number,
  next: () => HttpRequest,
  onAnswer: (body: string) => void = () => undefined,
): SteadyRequests {
  const http = createHttpClient({ url, connectionsMax: connections, timeoutMs: TIMEOUT_MS });
  const failures: string[] = [];
  let [answers, stopped] = [0, false];
  const work = async (): Promise<void> => {
    for (let request = next(); !stopped; ) {
      const outcome = await outcomeOf(http, request);
      if (outcome.status === status) {
        answers += 1;
        onAnswer(outcome.text);
      } else if (!isToBeRepeated(outcome)) failures.push(`${outcome.status} ${outcome.text}`);
      if (isToBeRepeated(outcome)) await systemClock.sleep(RETRY_MS);
      else request = next();
    }
  };
  const working = Promise.all(Array.from({ length: connections }, work));
  return {
    failures,
    answers: () => answers,
    async stop() {
      stopped = true;
      await working;
      http.close();
    },
  };
}

interface Outcome {
  /** 0 without an answer. */
  readonly status: number;
  readonly text: string;
}

function outcomeOf(http: HttpClient, request: HttpRequest): Promise<Outcome> {
  return http.send(request).then(
    ({ status, body }) => ({ status, text: body.toString() }),
    (error: unknown) => ({ status: 0, text: String(error) }),
  );
}

function isToBeRepeated({ status, text }: Outcome): boolean {
  const said = `${status} ${text}`;
  return TURNED_AWAY.test(said) || IN_FLIGHT.test(said);
}
