/**
 * What is answered before the framework sees it, because there are very many such requests and all that it does for one
 * costs several times the answer. Such an answer has a head and no body, is there at once, and nobody is signed in for it.
 * Everything else goes on to the framework.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { App } from './server.ts';

export interface FrontAnswer {
  readonly status: number;
  /** Names and values in turn. Read before the next request is looked at, so it may be used again. */
  readonly headers: string[];
}

export interface Front {
  /** The template of what it answers, for the metrics. */
  readonly route: string;
  /** Changes the `url` of a request to a host that has paths of its own, for whoever answers it. */
  rewrite(request: IncomingMessage): void;
  /** `undefined`: the framework answers. */
  answer(request: IncomingMessage): FrontAnswer | undefined;
}

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
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const startedMs = clock.monotonicMs();
    front.rewrite(request);
    const answer = isOverloaded() ? undefined : front.answer(request);
    if (answer === undefined) return app.routing(request, response);
    metrics.requestStarted();
    response.writeHead(answer.status, answer.headers);
    response.end();
    const durationS = (clock.monotonicMs() - startedMs) / 1_000;
    metrics.requestEnded(request.method ?? '', front.route, answer.status, durationS);
  });
}
