/** Where configuration, ports and systems meet: the one place that knows all systems. */
import type { TSchema } from 'typebox';
import { answersFor } from '../config/systems.ts';
import type { Job } from '../core/job.ts';
import type { OwnChannel } from '../core/own-state.ts';
import type { Authenticate } from '../http/auth.ts';
import type { Front } from '../http/front.ts';
import { createWrites, deleteExpiredAnswers } from '../http/idempotency.ts';
import type { App } from '../http/server.ts';
import type { Subscription, Tail } from '../ports/event-log/event-log.ts';
import { type Accounts, createAccounts } from '../systems/accounts/accounts.ts';
import { ACCOUNTS_SCHEMAS, accountsRoutes } from '../systems/accounts/accounts-routes.ts';
import { passwordResetPageRoutes } from '../systems/accounts/credentials/password-reset-page-routes.ts';
import { createFeed, type Feed } from '../systems/feed/feed.ts';
import { FEED_SCHEMAS, feedRoutes } from '../systems/feed/feed-routes.ts';
import { presentPost } from '../systems/feed/posts/posts-routes.ts';
import type { ClickRecorder } from '../systems/links/clicks/click-recorder.ts';
import type { Shortener } from '../systems/links/shortener.ts';
import { createForcedLevels, type ForcedLevels } from '../systems/operations/forced-level.ts';
import type { Payments } from '../systems/payments/payments.ts';
import type { Dispatch } from '../systems/rides/dispatch/dispatch.ts';
import type { PriceAudit } from '../systems/rides/quotes/price-audit.ts';
import type { Surge } from '../systems/rides/surge/surge.ts';
import { createFanOutMetrics } from '../telemetry/fan-out-metrics.ts';
import { createHomeTimelineMetrics } from '../telemetry/home-timeline-metrics.ts';
import { composeDiscovery } from './compose-discovery.ts';
import { composeLinks } from './compose-links.ts';
import { composeLive } from './compose-live.ts';
import { composeMedia, mediaOf } from './compose-media.ts';
import { composeNotifications } from './compose-notifications.ts';
import { composePayments } from './compose-payments.ts';
import { composePhotos } from './compose-photos.ts';
import { composeRides } from './compose-rides.ts';
import { composeSearch } from './compose-search.ts';
import { composeWebhooks } from './compose-webhooks.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';
import { openProcessTail } from './process-tail.ts';

export interface Product {
  readonly accounts: Accounts;
  readonly feed: Feed;
  readonly shortener: Shortener;
  readonly clicks: ClickRecorder;
  readonly authenticate: Authenticate;
  /** Schemas that routes refer to. */
  readonly schemas: readonly TSchema[];
  /** Registers every call of every system that this process answers for, below the prefix of the API. */
  routes(app: App): void;
  /** Registers what people open in a browser, at the root. */
  pages(app: App): void;
  readonly front: Front | undefined;
  /** For a process that serves: what it keeps in memory is kept right by events from then on. */
  openTail(): Promise<Tail>;
  /** Those of any worker; `feed.home.fanOut` has one more, of the process that keeps the home timelines. */
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  readonly dispatch: Dispatch;
  readonly forcedLevels: ForcedLevels;
  readonly payments: Payments;
  readonly surge: Surge;
  readonly priceAudit: PriceAudit;
  /** Accepted work that waits in this process. */
  queued(): number;
  drain(): void;
  close(): Promise<void>;
}

const EXPIRE_EVERY_MS = 60_000;

export async function composeProduct(deps: ProductDeps): Promise<Product> {
  const { config, ports, clock, randomness, log, metrics, tracing, publicUrl } = deps;
  const { sql, ids, eventLog, mailer, timelineStore } = ports;
  // The two need each other: a person is shown with counts, and a post with its author.
  const accounts = createAccounts({
    sql,
    events: eventLog,
    mailer,
    ids,
    clock,
    randomness,
    log,
    registration: config.registration,
    publicUrl,
    ...(ports.sqlSessions && { isPrimaryAway: ports.sqlSessions.isPrimaryAway }),
    postExists: (viewerId, postId, session) => feed.posts.isVisible(viewerId, postId, session),
    async readPost(postId, session) {
      const post = await feed.staffPosts.get(postId, session);
      return post && { authorId: post.author.userId, visibility: post.visibility, shown: presentPost(post) };
    },
    deletePost: (transaction, postId) => feed.staffPosts.delete(transaction, postId),
    findLink: (named, session) => links.shortener.moderatedLinks.find(named, session),
    markReportedLinks: (...marked) => links.shortener.markReportedLinks(...marked),
    warnReports: config.links.warnReports,
    countsOf: (userIds) => feed.countsOf(userIds),
    standingsOf: (viewerId, userIds) => feed.relationships.standingsOf(viewerId, userIds),
    picturePath: (key, picture) => media.addresses.pathOf(key, picture),
    ownPictures: {
      choose: (transaction, ...choice) => media.library.choose(transaction, ...choice),
      release: (transaction, mediaIds) => media.library.release(transaction, mediaIds),
    },
  });
  const { getUsers, listUsers, cachedUser, findUsers } = accounts.users;
  const { describeUsers } = accounts.profiles;
  const media = await mediaOf(deps);
  const feed = createFeed({
    sql,
    eventLog,
    ids,
    tracing,
    timelineStore,
    timelinesShared: config.timelinesRedis !== undefined,
    clock,
    pullLimits: config.pullLimits,
    ...(ports.sqlSessions && {
      hadSeenBy: ports.sqlSessions.hadSeenBy,
      isPrimaryAway: ports.sqlSessions.isPrimaryAway,
    }),
    homeObserver: {
      ...createFanOutMetrics(metrics.registry),
      ...createHomeTimelineMetrics(metrics.registry),
    },
    getUsers,
    listUsers,
    cachedUser,
    findUsers,
    describeUsers,
    attachMedia: media.library.attach,
    showMedia: media.addresses.show,
  });
  await accounts.open();
  metrics.watchQueue('post-writer', feed.waiting);
  metrics.watchQueue('reaction-writer', feed.reactionWriter.waiting);
  metrics.watchQueue('password-hashes', accounts.passwords.waiting);
  const writes = createWrites(sql);
  const links = await composeLinks({ ...deps, accounts, writes });
  // Riders are told over the connections of the live updates.
  const channel: OwnChannel = {
    isHere: (userId) => live.isHere(userId),
    tell: (userId, state) => live.tell(userId, state),
  };
  const rides = composeRides({
    ...deps,
    ...{ accounts, writes },
    checkDebt: (session, riderId) => payments.payments.charges.checkDebt(session, riderId),
    channel,
  });
  const payments = composePayments({
    ...{ ...deps, accounts, writes, channel },
    ...{ rides: rides.rides, view: rides.view },
  });
  const live = composeLive({
    ...{ ...deps, accounts, feed },
    ownStatesOf: async (userId) =>
      (await Promise.all([rides.statesOf(userId), payments.payments.statesOf(userId)])).flat(),
  });
  const systems: readonly ComposedSystem[] = [
    {
      schemas: ACCOUNTS_SCHEMAS,
      routes(app) {
        const secureCookies = config.http.publicUrl?.startsWith('https:') ?? false;
        accountsRoutes(app, { accounts, sql, writes, secureCookies });
      },
      pages: passwordResetPageRoutes,
      tails: [accounts.tail],
      subscriptions: accounts.subscriptions,
      jobs: [expireJob('expire-sessions', () => accounts.deleteExpired())],
      close: () => accounts.close(),
    },
    {
      name: 'feed',
      schemas: FEED_SCHEMAS,
      routes: (app) => feedRoutes(app, { feed, writes }),
      tails: [feed.home.tail, feed.home.checks],
      subscriptions: feed.subscriptions,
      jobs: [...feed.jobs, ...feed.home.checks.jobs],
      queued: () => feed.waiting() + feed.reactionWriter.waiting(),
      close: () => feed.home.checks.close(),
    },
    composeNotifications({ ...deps, accounts, feed, writes }),
    composeMedia({ ...deps, media, writes }),
    composePhotos({ media, feed, writes }),
    composeSearch({ ...deps, accounts, feed }),
    composeDiscovery({ ...deps, accounts, writes }),
    links,
    composeWebhooks({ ...deps, accounts, writes }),
    rides,
    payments,
    // After the feed, whose memory has then heard of what is told.
    live,
  ];
  // What is in memory is kept right for all of them: systems ask each other.
  const answered = systems.filter(({ name }) => answersFor(config, name));
  return {
    accounts,
    feed,
    shortener: links.shortener,
    clicks: links.clicks,
    dispatch: rides.dispatch,
    forcedLevels: createForcedLevels({
      sql,
      record: (transaction, detail) =>
        accounts.administration.recordAct(transaction, 'service_level_forced', detail),
    }),
    payments: payments.payments,
    surge: rides.rides.surge,
    priceAudit: rides.rides.priceAudit,
    authenticate: (token) => accounts.authenticator.authenticate(token),
    schemas: systems.flatMap(({ schemas = [] }) => schemas),
    routes(app) {
      for (const system of answered) system.routes?.(app);
    },
    pages(app) {
      for (const system of answered) system.pages?.(app);
    },
    front: answered.find(({ front }) => front !== undefined)?.front,
    openTail: () =>
      openProcessTail(
        eventLog,
        systems.flatMap(({ tails = [] }) => tails),
        log,
      ),
    subscriptions: systems.flatMap(({ subscriptions = [] }) => subscriptions),
    jobs: [
      ...systems.flatMap(({ jobs = [] }) => jobs),
      expireJob('expire-events', () => eventLog.deleteExpired()),
      expireJob('expire-idempotency-keys', () => deleteExpiredAnswers(sql)),
    ],
    queued: () => systems.reduce((sum, system) => sum + (system.queued?.() ?? 0), 0),
    drain() {
      for (const system of systems) system.drain?.();
    },
    async close() {
      for (const system of systems.toReversed()) await system.close?.();
    },
  };
}

function expireJob(name: string, deleteExpired: () => Promise<number>): Job {
  const run = async (): Promise<'more' | 'done'> => ((await deleteExpired()) > 0 ? 'more' : 'done');
  return { name, everyMs: EXPIRE_EVERY_MS, run };
}
