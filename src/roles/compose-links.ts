/** The URL shortener, as the roles run it. */
import type { Config } from '../config/config.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { createLinkClicks, type LinkClicks } from '../systems/links/link-clicks.ts';
import { LINK_SCHEMAS } from '../systems/links/link-schemas-routes.ts';
import { linkRoutes } from '../systems/links/links-routes.ts';
import { createShortener } from '../systems/links/shortener.ts';
import { statisticsRoutes } from '../systems/links/statistics/statistics-routes.ts';
import { createLinkClickMetrics } from '../telemetry/link-click-metrics.ts';
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
  const { accounts, clock, metrics, ports, writes } = deps;
  const clicks = linkClicksOf(deps);
  const shortener = createShortener({
    ...deps,
    ...deps.ports,
    linksUrl: undefined,
    privateAddresses: 'refuse',
    hashPassword: (password) => accounts.passwords.hash(password),
  });
  metrics.watchQueue('link-writer', shortener.waiting);
  metrics.watchQueue('link-clicks', clicks.waiting);
  return {
    schemas: LINK_SCHEMAS,
    routes(app) {
      linkRoutes(app, { ...shortener, writes, nowMs: () => clock.nowMs() });
      statisticsRoutes(app, {
        statistics: clicks.statistics,
        checkOwner: shortener.links.get,
        attribution: ports.countryTable.attribution,
      });
    },
    subscriptions: clicks.subscriptions,
    jobs: clicks.jobs,
    queued: shortener.waiting,
    close: clicks.close,
  };
}

function linkClicksOf(deps: LinksCompositionDeps): LinkClicks {
  const { config, metrics, ports, publicUrl } = deps;
  return createLinkClicks({
    ...deps,
    ...{ sql: ports.sql, eventLog: ports.eventLog, countryTable: ports.countryTable },
    observer: createLinkClickMetrics(metrics.registry),
    isOwnHost: (host) => URL.canParse(publicUrl()) && host === new URL(publicUrl()).hostname,
    retentionDays: config.clickRetentionDays,
  });
}
