/** Tracing through the OpenTelemetry SDK, sent in batches over OTLP/HTTP. Loaded only when it is configured. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { hasCode } from '../core/errors.ts';
import type { Log } from './log.ts';
import type { EntrySpan, SpanAttributes, Tracing, TracingOptions } from './trace.ts';
import { formatTraceHeaders, parseTraceHeaders } from './traceparent.ts';

const EXPORT_TIMEOUT_MS = 3_000;
const QUEUE_MAX = 8_192;
const SPAN_KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER } as const;

export function openOtlpTracing(options: TracingOptions & { readonly endpoint: string }): Tracing {
  const provider = createProvider(options);
  const tracer = provider.getTracer('groundswell', options.version);
  const contexts = new AsyncLocalStorage<Context>();
  const currentSpan = () => {
    const context = contexts.getStore();
    return context === undefined ? undefined : trace.getSpan(context);
  };
  return {
    enabled: true,
    enter(kind, name, headers, linked = []) {
      const caller = parseTraceHeaders(headers);
      const parent = caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller);
      const links = linked.map(parseTraceHeaders).filter((context) => context !== undefined);
      const options = { kind: SPAN_KINDS[kind], links: links.map((context) => ({ context })) };
      const span = tracer.startSpan(name, options, parent);
      return entrySpan(span, contexts);
    },
    span(name, attributes, work) {
      const parent = contexts.getStore();
      if (parent === undefined) return work();
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
      return contexts.run(trace.setSpan(parent, span), () => ended(span, work));
    },
    detached: (work) => contexts.exit(work),
    capture() {
      const context = contexts.getStore();
      return (work) => (context === undefined ? contexts.exit(work) : contexts.run(context, work));
    },
    headers() {
      const span = currentSpan();
      return span === undefined ? {} : formatTraceHeaders(span.spanContext());
    },
    traceId: () => currentSpan()?.spanContext().traceId,
    shutdown: () => provider.shutdown().catch((error) => options.log.warn({ err: error }, 'spans were lost')),
  };
}

function createProvider(options: TracingOptions & { readonly endpoint: string }): NodeTracerProvider {
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(options.endpoint),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  return new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'service.version': options.version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new BatchSpanProcessor(withFailuresLogged(exporter, options.log), {
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        maxQueueSize: QUEUE_MAX,
      }),
    ],
  });
}

/** A collector's address may be given with or without the path that the standard says. */
function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

/** Without this the SDK drops spans in silence. */
function withFailuresLogged(exporter: SpanExporter, log: Log): SpanExporter {
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error) log.warn({ err: result.error, spans: spans.length }, 'spans could not be sent');
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function entrySpan(span: Span, contexts: AsyncLocalStorage<Context>): EntrySpan {
  const context = trace.setSpan(ROOT_CONTEXT, span);
  return {
    traceId: span.spanContext().traceId,
    run: (work) => contexts.run(context, work),
    end({ name, attributes, error, failed }) {
      if (name !== undefined) span.updateName(name);
      if (attributes !== undefined) span.setAttributes(attributes);
      if (error !== undefined) markFailed(span, error);
      else if (failed === true) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

async function ended<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    markFailed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Absence and bad input are answers, not failures of the part that gave them. */
function markFailed(span: Span, error: unknown): void {
  const attributes: SpanAttributes = { 'error.type': errorType(error) };
  span.setAttributes(attributes);
  if (hasCode(error, 'not_found') || hasCode(error, 'invalid') || hasCode(error, 'conflict')) return;
  if (error instanceof Error) span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error ? String(error.code) : error.name;
}
