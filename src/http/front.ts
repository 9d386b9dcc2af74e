/**
 * What is answered before the framework sees it, because there are very many such requests and all that it does for one
 * costs several times the answer. Such an answer has a head and no body, is there at once or as soon as one thing is
 * loaded, and nobody is signed in for it. Everything else goes on to the framework.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Priority } from '../core/priority.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { App } from './server.ts';

export interface FrontAnswer {
  readonly status: number;
  /** Names and values in turn. Read before the next request is looked at, so it may be used again. */
  readonly headers: string[];
}

export interface Front {
  /** The template of what it answers, and what that is worth, for the metrics. */
  readonly route: string;
  readonly priority: Priority;
  /** Changes the `url` of a request to a host that has paths of its own, for whoever answers it. */
  rewrite(request: IncomingMessage): void;
  /** What is there at once; `undefined`: not this. */
  answer(request: IncomingMessage): FrontAnswer | undefined;
  /**
   * For what is not there at once: the answer when it is loaded, which no other request uses again. `undefined`, at once or
   * then, or a failure: the framework answers, and says what is wrong.
   */
  load(request: IncomingMessage): Promise<FrontAnswer | undefined> | undefined;
}

/** Requests that wait at the same time; those beyond wait in the framework, which turns away who must be turned away. */
export const LOADING_MAX = 1_000;

export interface FrontOptions {
  readonly front: Front;
  /** Then the framework is asked, which turns away who must be turned away. */
  readonly isOverloaded: () => boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** To be called before the server listens. NOTE: the second server, which Node needs for `localhost`, has no front. */
export function registerFront(app: App, { front, isOverloaded, metrics, clock }: FrontOptions): void {
  const { server } = app;
  let loading = 0;

  function send(
    { method = '' }: IncomingMessage,
    response: ServerResponse,
    { status, headers }: FrontAnswer,
    startedMs: number,
  ): void {
    metrics.requestStarted();
    response.writeHead(status, headers);
    response.end();
    const durationS = (clock.monotonicMs() - startedMs) / 1_000;
    metrics.requestEnded({ method, route: front.route, priority: front.priority, status, durationS });
  }

  async function sendLoaded(
    request: IncomingMessage,
    response: ServerResponse,
    loaded: Promise<FrontAnswer | undefined>,
    startedMs: number,
  ): Promise<void> {
    loading += 1;
    const answer = await loaded.catch(() => undefined);
    loading -= 1;
    if (answer === undefined) app.routing(request, response);
    else send(request, response, answer, startedMs);
  }

  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const startedMs = clock.monotonicMs();
    front.rewrite(request);
    if (isOverloaded()) return app.routing(request, response);
    const answer = front.answer(request);
    if (answer !== undefined) return send(request, response, answer, startedMs);
    const loaded = loading < LOADING_MAX ? front.load(request) : undefined;
    if (loaded === undefined) return app.routing(request, response);
    void sendLoaded(request, response, loaded, startedMs);
  });
}
