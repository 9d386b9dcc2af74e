/** The URL shortener: its parts, put together. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { PrivateAddresses } from '../../core/outbound-target.ts';
import type {
  EventLog,
  LoggedEvent,
  NewEvent,
  Subscription,
  TailFollower,
} from '../../ports/event-log/event-log.ts';
import type { OutboundHttp } from '../../ports/outbound-http/outbound-http.ts';
import type { RateLimiter } from '../../ports/rate-limiter/rate-limiter.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { TextRecords } from '../../ports/text-records/text-records.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Tracing } from '../../telemetry/trace.ts';
import { createTargetChecks } from './checks/target-checks.ts';
import type { ClickRecorder } from './clicks/click-recorder.ts';
import { createCodes } from './codes/codes.ts';
import { createDomainErasure } from './domains/domain-erasure.ts';
import { LINK_DOMAINS_TOPIC } from './domains/domain-events.ts';
import { createDomains, type Domains } from './domains/domains.ts';
import { createVerifiedHosts } from './domains/verified-hosts.ts';
import { createLinkAddresses, type LinkAddresses } from './link-addresses.ts';
import { LINKS_TOPIC } from './link-events.ts';
import { createLinkWriter } from './link-writer.ts';
import { createLinks, type Links } from './links.ts';
import { createModeratedLinks, type ModeratedLinks } from './moderation/moderated-links.ts';
import type { RecordAct } from './moderation/staff-acts.ts';
import { createHiddenOwners, type HiddenOwners } from './owners/hidden-owners.ts';
import { createAttemptLimits } from './redirect/attempt-limits.ts';
import { createLinkCache, type LinkCache } from './redirect/link-cache.ts';
import { fillLinkCache } from './redirect/link-cache-filling.ts';
import { createLinkHosts, type LinkHosts } from './redirect/link-hosts.ts';
import { createRedirects, type Redirects } from './redirect/redirects.ts';
import { createVisitLimits } from './redirect/visit-limits.ts';
import { createSelectedLinks, type SelectedLinks } from './selections/selected-links.ts';
import {
  BLOCKED_TARGETS_TOPIC,
  type BlockedTargets,
  createBlockedTargets,
} from './targets/blocked-targets.ts';
import type { TargetRules } from './targets/target-url.ts';
import { createLinkImports, type LinkImports } from './transfer/link-imports.ts';
import { createReportedLinks, type MarkReportedLinks } from './warnings/reported-links.ts';

const ERASE_EVERY_MS = 60_000;

export interface ShortenerDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly tracing: Tracing;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** `undefined`: nobody is limited. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly clicks: ClickRecorder;
  /** Where people reach this server. */
  readonly publicUrl: () => string;
  /** Of links alone; no trailing slash. */
  readonly linksUrl: string | undefined;
  /** Of links in memory. */
  readonly cacheBytes: number;
  readonly privateAddresses: PrivateAddresses;
  readonly textRecords: TextRecords;
  readonly outboundHttp: OutboundHttp;
  /** Whether it is looked after that targets are there. */
  readonly checksTargets: boolean;
  readonly recordAct: RecordAct;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly verifyPassword: (passwordHash: string, password: string) => Promise<boolean>;
  /** ISO 3166-1 alpha-2, in upper case. */
  readonly countryOf: (address: string) => string | undefined;
}

export interface Shortener {
  readonly links: Links;
  readonly selectedLinks: SelectedLinks;
  readonly imports: LinkImports;
  readonly domains: Domains;
  readonly moderatedLinks: ModeratedLinks;
  readonly markReportedLinks: MarkReportedLinks;
  readonly hosts: LinkHosts;
  /** Where host names of owners must lead. */
  readonly targetHost: () => string;
  readonly addresses: LinkAddresses;
  readonly redirects: Redirects;
  readonly blockedTargets: BlockedTargets;
  readonly cache: LinkCache;
  readonly hiddenOwners: HiddenOwners;
  /** Keeps the memory of a serving process right. */
  readonly tail: TailFollower;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  /** Reads what must be known before the first link is opened. */
  open(): Promise<void>;
  /** Links that wait to be written. */
  waiting(): number;
  /** Waits for requests that are being made. */
  close(): Promise<void>;
}

export function createShortener(deps: ShortenerDeps): Shortener {
  const { privateAddresses, clock, log } = deps;
  const verifiedHosts = createVerifiedHosts(deps);
  const addresses = createLinkAddresses({
    ...deps,
    isOwnersHost: (host) => verifiedHosts.get(host) !== undefined,
  });
  const blockedTargets = createBlockedTargets(deps);
  const targets: TargetRules = {
    privateAddresses,
    isOwn: addresses.isOwn,
    blockedReason: blockedTargets.reasonOf,
    warning: blockedTargets.warningOf,
  };
  const codes = createCodes(deps);
  const writer = createLinkWriter(deps);
  const hosts = createLinkHosts({ ...deps, verifiedHosts });
  const domains = createDomains({ ...deps, verifiedHosts, serverHosts: () => serverHostsOf(deps) });
  const domainErasure = createDomainErasure(deps);
  const links = createLinks({ ...deps, codes, writer, targets, findDomain: domains.findVerified });
  const targetChecks = createTargetChecks({ ...deps, links, targets });
  const imports = createLinkImports({ ...deps, links, targets, findDomain: domains.findVerified });
  const cache = createLinkCache({ ...deps, codes, bytesMax: deps.cacheBytes });
  const redirects = createRedirects({
    ...deps,
    ...{ cache, blockedTargets },
    visitLimits: createVisitLimits(deps),
    attemptLimits: createAttemptLimits({ ...deps, nowMs: () => clock.nowMs() }),
  });
  const hiddenOwners = createHiddenOwners(deps);
  const stop = new AbortController();

  function hear(events: readonly (LoggedEvent | NewEvent)[]): void {
    cache.hear(events.filter(({ topic }) => topic === LINKS_TOPIC));
    const changes = events.filter(({ topic }) => topic === BLOCKED_TARGETS_TOPIC);
    if (changes.length > 0) blockedTargets.hear(changes);
    const domainChanges = events.filter(({ topic }) => topic === LINK_DOMAINS_TOPIC);
    if (domainChanges.length > 0) verifiedHosts.hear(domainChanges);
  }

  return {
    ...{ links, imports, domains, addresses, redirects, blockedTargets, cache, hiddenOwners },
    selectedLinks: createSelectedLinks({ ...deps, targets }),
    ...{ hosts, moderatedLinks: createModeratedLinks({ ...deps, addresses, hosts }) },
    markReportedLinks: createReportedLinks(deps),
    targetHost: () => serverHostsOf(deps).at(-1) ?? '',
    tail: {
      topics: [LINKS_TOPIC, BLOCKED_TARGETS_TOPIC, LINK_DOMAINS_TOPIC],
      hear,
      committed: hear,
      follow() {
        cache.keep();
        void fillLinkCache({ ...deps, cache }, stop.signal);
        // What changed between `open` and now.
        Promise.all([blockedTargets.load(), verifiedHosts.load()]).catch((error: unknown) => {
          log.error(
            { err: error },
            'the lists of blocked targets and of hosts may lack what was added while this process started',
          );
        });
      },
    },
    subscriptions: [hiddenOwners.subscription, domainErasure.subscription],
    jobs: [
      {
        name: 'erase-links',
        everyMs: ERASE_EVERY_MS,
        run: async () => ((await hiddenOwners.erase()) ? 'more' : 'done'),
      },
      domainErasure.job,
      ...(deps.checksTargets ? targetChecks.jobs : []),
    ],
    async open() {
      await Promise.all([blockedTargets.load(), verifiedHosts.load(), codes.prepare()]);
    },
    waiting: writer.waiting,
    async close() {
      stop.abort();
      verifiedHosts.close();
      await targetChecks.close();
    },
  };
}

/** That of links last. */
function serverHostsOf({ publicUrl, linksUrl }: Pick<ShortenerDeps, 'publicUrl' | 'linksUrl'>): string[] {
  return [publicUrl(), linksUrl].flatMap((url) =>
    url !== undefined && URL.canParse(url) ? [new URL(url).hostname] : [],
  );
}
