/**
 * What is answered before the framework sees it, because there are very many such requests and all that it does for one
 * costs several times the answer. Such an answer has a head and no body, is there at once or as soon as one thing is
 * loaded, and nobody is signed in for it. Everything else goes on to the framework.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Priority } from '../core/priority.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import {
  acceptFrontConnections,
  type FrontAnswer,
  type FrontConnections,
  headersOf,
} from './front-connections.ts';
import type { RequestHead } from './plain-request.ts';
import { type App, KEEP_ALIVE_MS, SERVER_LIMITS, type ServerLimits } from './server.ts';

export type FrontRequest = RequestHead<Socket>;

export interface Front {
  /** The template of what it answers, and what that is worth, for the metrics. */
  readonly route: string;
  readonly priority: Priority;
  /** Changes the `url` of a request to a host that has paths of its own, for whoever answers it. */
  rewrite(request: FrontRequest): void;
  /** What is there at once; `undefined`: not this. */
  answer(request: FrontRequest): FrontAnswer | undefined;
  /**
   * For what is not there at once: the answer when it is loaded, which no other request uses again. `undefined`, at once or
   * then, or a failure: the framework answers, and says what is wrong.
   */
  load(request: FrontRequest): Promise<FrontAnswer | undefined> | undefined;
}

/** Requests that wait at the same time; those beyond wait in the framework, which turns away who must be turned away. */
export const LOADING_MAX = 1_000;

export interface FrontOptions {
  readonly front: Front;
  /** Then the framework is asked, which turns away who must be turned away. */
  readonly isOverloaded: () => boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Those of the server. */
  readonly limits?: Pick<ServerLimits, 'headerTimeoutMs'>;
}

/** To be called before the server listens. NOTE: the second server, which Node needs for `localhost`, has no front. */
export function registerFront(
  app: App,
  { front, isOverloaded, metrics, clock, limits = SERVER_LIMITS }: FrontOptions,
): FrontConnections {
  const { server } = app;
  /** Connections whose next request the framework answers. */
  const refused = new WeakSet<Socket>();
  let loading = 0;

  function ended({ method = '' }: FrontRequest, { status }: FrontAnswer, startedMs: number): void {
    const durationS = (clock.monotonicMs() - startedMs) / 1_000;
    metrics.requestEnded({ method, route: front.route, priority: front.priority, status, durationS });
  }

  /** Never rejects. */
  async function loaded(
    answer: Promise<FrontAnswer | undefined>,
    request: FrontRequest,
    startedMs: number,
  ): Promise<FrontAnswer | undefined> {
    loading += 1;
    const found = await answer.catch(() => undefined);
    loading -= 1;
    if (found === undefined) return undefined;
    metrics.requestStarted();
    ended(request, found, startedMs);
    return found;
  }

  function answerOf(request: FrontRequest): FrontAnswer | Promise<FrontAnswer | undefined> | undefined {
    const startedMs = clock.monotonicMs();
    front.rewrite(request);
    if (isOverloaded()) return undefined;
    const answer = front.answer(request);
    if (answer !== undefined) {
      metrics.requestStarted();
      ended(request, answer, startedMs);
      return answer;
    }
    const later = loading < LOADING_MAX ? front.load(request) : undefined;
    return later && loaded(later, request, startedMs);
  }

  async function sendLoaded(
    request: IncomingMessage,
    response: ServerResponse,
    later: Promise<FrontAnswer | undefined>,
  ): Promise<void> {
    const answer = await later;
    if (answer === undefined) app.routing(request, response);
    else response.writeHead(answer.status, headersOf(answer)).end();
  }

  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (refused.delete(request.socket)) {
      front.rewrite(request);
      return app.routing(request, response);
    }
    const answer = answerOf(request);
    if (answer === undefined) app.routing(request, response);
    else if (answer instanceof Promise) void sendLoaded(request, response, answer);
    else response.writeHead(answer.status, headersOf(answer)).end();
  });
  return acceptFrontConnections(server, {
    answer: answerOf,
    refused: (socket) => void refused.add(socket),
    firstRequestMs: limits.headerTimeoutMs,
    keepAliveMs: KEEP_ALIVE_MS,
    clock,
  });
}
