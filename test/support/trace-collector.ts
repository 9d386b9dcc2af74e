/** A collector of traces: takes OTLP/HTTP in JSON, as the exporter sends it, and keeps the spans. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly links: readonly { readonly spanId: string }[];
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

export interface TraceCollector {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** The service names that came with them. */
  readonly services: readonly unknown[];
}

/** Answers everything with `status`; stops when the test ends. */
export async function startCollector(test: TestContext, status = 200): Promise<TraceCollector> {
  const spans: ReceivedSpan[] = [];
  const services: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    assert.equal(request.url, '/v1/traces');
    const body = JSON.parse(Buffer.concat(chunks).toString());
    for (const resourceSpans of body.resourceSpans) {
      services.push(resourceSpans.resource.attributes[0].value.stringValue);
      for (const scope of resourceSpans.scopeSpans) spans.push(...scope.spans);
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(test, () => server.close());
  return { spans, services, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
