/** The URL shortener, as the roles run it. */
import type { Config } from '../config/config.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { LINK_SCHEMAS } from '../systems/links/link-schemas-routes.ts';
import { linkRoutes } from '../systems/links/links-routes.ts';
import { createShortener } from '../systems/links/shortener.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';
import type { ComposedSystem } from './compose.ts';

export interface LinksCompositionDeps {
  readonly config: Config;
  readonly ports: Ports;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly publicUrl: () => string;
  readonly accounts: Accounts;
  readonly writes: Writes;
}

export function composeLinks(deps: LinksCompositionDeps): ComposedSystem {
  const { accounts, clock, metrics, writes } = deps;
  const shortener = createShortener({
    ...deps,
    ...deps.ports,
    linksUrl: undefined,
    privateAddresses: 'refuse',
    hashPassword: (password) => accounts.passwords.hash(password),
  });
  metrics.watchQueue('link-writer', shortener.waiting);
  return {
    schemas: LINK_SCHEMAS,
    routes: (app) => linkRoutes(app, { ...shortener, writes, nowMs: () => clock.nowMs() }),
    queued: shortener.waiting,
  };
}
