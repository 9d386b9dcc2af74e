import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { ServerOptions } from '../../src/http/server.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { tracingOff } from '../../src/telemetry/trace.ts';

/** For a server in a test: nobody is known, limited or turned away, and nothing is logged, but for `changes`. */
export function serverOptions(changes: Partial<ServerOptions> = {}): ServerOptions {
  return {
    authenticate: () => undefined,
    publicUrl: undefined,
    trustedProxies: [],
    corsOrigins: [],
    version: 'test',
    log: createLog({ level: 'silent', pretty: false }),
    clock: systemClock,
    randomness: systemRandomness,
    metrics: createMetrics({ version: 'test' }),
    tracing: tracingOff,
    rateLimiter: undefined,
    turnAway: () => undefined,
    ...changes,
  };
}
