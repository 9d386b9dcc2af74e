import { createTraceState, isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';

/** The two headers of W3C Trace Context; an event carries the same two fields. */
export interface TraceHeaders {
  readonly traceparent?: string | string[] | undefined;
  readonly tracestate?: string | string[] | undefined;
}

/** W3C Trace Context, level 1: version, trace id, parent id, flags. Later versions may append fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const TRACESTATE_LENGTH_MAX = 512;

/** The caller's span, or undefined if the header is absent or breaks the standard; then a new trace begins. */
export function parseTraceHeaders(headers: TraceHeaders): SpanContext | undefined {
  if (typeof headers.traceparent !== 'string') return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] =
    TRACEPARENT.exec(headers.traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const state = [headers.tracestate ?? []].flat().join(',');
  const parent: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state !== '' && state.length <= TRACESTATE_LENGTH_MAX && { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(parent) ? parent : undefined;
}

export function formatTraceHeaders(span: SpanContext): { traceparent: string; tracestate?: string } {
  const flags = span.traceFlags.toString(16).padStart(2, '0');
  const traceparent = `00-${span.traceId}-${span.spanId}-${flags}`;
  const tracestate = span.traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}
