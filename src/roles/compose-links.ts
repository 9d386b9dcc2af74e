import type { Writes } from '../http/idempotency.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import type { ClickRecorder } from '../systems/links/clicks/click-recorder.ts';
import { DOMAIN_SCHEMAS, domainRoutes } from '../systems/links/domains/domains-routes.ts';
import { createLinkClicks, type LinkClicks } from '../systems/links/link-clicks.ts';
import { LINK_SCHEMAS } from '../systems/links/link-schemas-routes.ts';
import { linkRoutes } from '../systems/links/links-routes.ts';
import {
  MODERATED_LINK_SCHEMAS,
  moderatedLinkRoutes,
} from '../systems/links/moderation/moderated-links-routes.ts';
import { qrRoutes } from '../systems/links/qr/qr-routes.ts';
import { createRedirectFront, redirectRoutes } from '../systems/links/redirect/redirect-routes.ts';
import { selectedLinksRoutes } from '../systems/links/selections/selected-links-routes.ts';
import { createShortener, type Shortener } from '../systems/links/shortener.ts';
import { dailyClicksRoutes } from '../systems/links/statistics/daily-clicks-routes.ts';
import { statisticsRoutes } from '../systems/links/statistics/statistics-routes.ts';
import {
  BLOCKED_TARGET_SCHEMAS,
  blockedTargetRoutes,
} from '../systems/links/targets/blocked-targets-routes.ts';
import { createClicksExport } from '../systems/links/transfer/clicks-export.ts';
import { TRANSFER_SCHEMAS } from '../systems/links/transfer/row-answers-routes.ts';
import { transferRoutes } from '../systems/links/transfer/transfer-routes.ts';
import { createLinkClickMetrics } from '../telemetry/link-click-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

const SCHEMAS = [
  ...LINK_SCHEMAS,
  ...BLOCKED_TARGET_SCHEMAS,
  ...DOMAIN_SCHEMAS,
  ...MODERATED_LINK_SCHEMAS,
  ...TRANSFER_SCHEMAS,
];

export interface LinksCompositionDeps extends ProductDeps {
  readonly accounts: Accounts;
  readonly writes: Writes;
}

export interface ComposedLinks extends ComposedSystem {
  readonly shortener: Shortener;
  readonly clicks: ClickRecorder;
}

export async function composeLinks(deps: LinksCompositionDeps): Promise<ComposedLinks> {
  const { accounts, clock, config, metrics, ports, writes } = deps;
  const clicks = linkClicksOf(deps, (host) => shortener.hosts.domainIdOf(host) !== undefined);
  const shortener = createShortener({
    ...deps,
    ...deps.ports,
    clicks: clicks.recorder,
    linksUrl: config.links.url,
    cacheBytes: config.links.cacheBytes,
    privateAddresses: config.outboundPrivate,
    checksTargets: config.links.checks,
    rateLimiter: config.rateLimits ? ports.rateLimiter : undefined,
    hashPassword: (password) => accounts.passwords.hash(password),
    verifyPassword: (passwordHash, password) => accounts.passwords.verify(passwordHash, password),
    countryOf: ports.countryTable.countryOf,
    recordAct: (transaction, userId, act) =>
      accounts.auditLog.add(transaction, { userId, role: 'moderator' }, act),
  });
  const clicksExport = createClicksExport({
    ...{ clock, sql: ports.sql, links: shortener.links, retentionDays: config.clickRetentionDays },
  });
  await shortener.open();
  const { http, links } = config;
  const secure = (links.url ?? http.publicUrl)?.startsWith('https:') ?? false;
  const redirects = { ...shortener, trustedProxies: http.trustedProxies, secure };
  metrics.watchQueue('link-writer', shortener.waiting);
  metrics.watchQueue('link-clicks', clicks.waiting);
  return {
    name: 'links',
    shortener,
    clicks: clicks.recorder,
    schemas: SCHEMAS,
    front: createRedirectFront(redirects),
    pages: (app) => redirectRoutes(app, redirects),
    routes(app) {
      linkRoutes(app, { ...shortener, writes, nowMs: () => clock.nowMs() });
      selectedLinksRoutes(app, { ...shortener, writes });
      transferRoutes(app, { ...shortener, clicksExport, nowMs: () => clock.nowMs() });
      qrRoutes(app, shortener);
      blockedTargetRoutes(app, { ...shortener, writes });
      domainRoutes(app, { ...shortener, writes });
      moderatedLinkRoutes(app, { ...shortener, writes });
      dailyClicksRoutes(app, clicks);
      statisticsRoutes(app, {
        statistics: clicks.statistics,
        checkOwner: shortener.links.get,
        attribution: ports.countryTable.attribution,
      });
    },
    tails: [shortener.tail],
    subscriptions: [...shortener.subscriptions, ...clicks.subscriptions],
    jobs: [...shortener.jobs, ...clicks.jobs],
    queued: shortener.waiting,
    async close() {
      await shortener.close();
      await clicks.close();
    },
  };
}

function linkClicksOf(deps: LinksCompositionDeps, isLinksHost: (host: string) => boolean): LinkClicks {
  const { config, metrics, ports, publicUrl } = deps;
  return createLinkClicks({
    ...deps,
    ...{ sql: ports.sql, eventLog: ports.eventLog, countryTable: ports.countryTable },
    observer: createLinkClickMetrics(metrics.registry),
    isOwnHost: (host) =>
      isLinksHost(host) || [publicUrl(), config.links.url].some((url) => hostOf(url) === host),
    retentionDays: config.clickRetentionDays,
  });
}

/** `undefined` where it is not known yet. */
function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}
