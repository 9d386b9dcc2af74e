import { type Tracing, type TracingOptions, tracingOff } from './trace.ts';

/** Loads the SDK (about 150 ms and 19 MB) only if there is a collector to send to. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  if (options.endpoint === undefined) return tracingOff;
  const { openOtlpTracing } = await import('./otlp-trace.ts');
  return openOtlpTracing({ ...options, endpoint: options.endpoint });
}
