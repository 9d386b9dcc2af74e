/**
 * Spans, by hand: one for each request, port call and event handled. Nothing is patched, no OpenTelemetry global is
 * set, and where no collector is configured neither the SDK nor AsyncLocalStorage is there to cost anything.
 */

import type { Log } from './log.ts';
import type { TraceHeaders } from './traceparent.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** The span of work that came from outside: a request, or an event. */
export interface EntrySpan {
  /** For the log. */
  readonly traceId: string;
  /** Runs `work` so that spans begun in it, also after an await, are children of this one. */
  run<Result>(work: () => Result): Result;
  /** Ends the span, once. `name` replaces the first one, such as when the route is known. */
  end(outcome: { name?: string; attributes?: SpanAttributes; error?: unknown; failed?: boolean }): void;
}

export interface Tracing {
  readonly enabled: boolean;
  /**
   * Begins a span under the caller's, or a new trace without one. `links` are the callers of the rest, where the
   * work is a batch. `undefined` when tracing is off.
   */
  enter(
    kind: 'server' | 'consumer',
    name: string,
    headers: TraceHeaders,
    links?: readonly TraceHeaders[],
  ): EntrySpan | undefined;
  /** Runs `work` in a span under the current one, and in none where there is no current one. */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Promise<Result>): Promise<Result>;
  /** Runs `work` outside of the current span: for loops that go on when the request is over that started them. */
  detached<Result>(work: () => Result): Result;
  /** A function that runs its argument in the span that is current now, for work that waits for its turn. */
  capture(): <Result>(work: () => Result) => Result;
  /** What an outgoing call or event must carry for its spans to belong here; empty outside of a span. */
  headers(): { traceparent?: string; tracestate?: string };
  traceId(): string | undefined;
  /** Sends what is left, within three seconds, and stops. */
  shutdown(): Promise<void>;
}

export interface TracingOptions {
  /** The collector, such as `http://localhost:4318`; undefined turns tracing off. */
  readonly endpoint: string | undefined;
  /** Share of new traces that are recorded, 0 to 1; traces begun elsewhere keep their caller's decision. */
  readonly ratio: number;
  readonly service: string;
  readonly version: string;
  /** Told when spans cannot be sent. */
  readonly log: Log;
}

/** Tracing that does nothing. */
export const tracingOff: Tracing = {
  enabled: false,
  enter: () => undefined,
  span: (_name, _attributes, work) => work(),
  detached: (work) => work(),
  capture: () => runAsItIs,
  headers: () => ({}),
  traceId: () => undefined,
  shutdown: async () => undefined,
};

function runAsItIs<Result>(work: () => Result): Result {
  return work();
}
