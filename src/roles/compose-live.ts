import { answersFor } from '../config/systems.ts';
import type { Id } from '../core/ids.ts';
import type { User } from '../core/user.ts';
import { presentAuthor } from '../http/user-schema.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import type { Feed } from '../systems/feed/feed.ts';
import type { CachedEntry } from '../systems/feed/home/posts-cache.ts';
import type { Post } from '../systems/feed/posts/post.ts';
import { presentContent, presentPost } from '../systems/feed/posts/posts-routes.ts';
import { createLive, type Live, type LiveDeps } from '../systems/live/live.ts';
import type { LiveContent, ShownEntry, WatchedPost } from '../systems/live/live-content.ts';
import { liveRoutes } from '../systems/live/live-routes.ts';
import { createLiveMetrics } from '../telemetry/live-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

export interface LiveCompositionDeps
  extends Pick<ProductDeps, 'config' | 'clock' | 'randomness' | 'log' | 'metrics'> {
  readonly ports: Pick<Ports, 'eventLog'>;
  readonly accounts: Accounts;
  readonly feed: Feed;
  readonly ownStatesOf: NonNullable<LiveDeps['ownStatesOf']>;
}

export interface ComposedLive extends ComposedSystem, Pick<Live, 'isHere' | 'tell'> {}

export function composeLive(deps: LiveCompositionDeps): ComposedLive {
  const { config, ports, accounts, feed, metrics } = deps;
  const live = createLive({
    ...deps,
    eventLog: ports.eventLog,
    content: liveContent(accounts, feed),
    loadRelations: feed.liveReads.relationsOf,
    endedSessions: accounts.sessions.endedAmong,
    connectionsMax: config.liveConnectionsMax,
    observer: createLiveMetrics(metrics.registry),
  });
  accounts.authenticator.onRevoked(live.sessionsChanged);
  return {
    name: 'live',
    ...{ isHere: live.isHere, tell: live.tell },
    routes: (app) => liveRoutes(app, { live }),
    // Whom nobody can reach has nobody to tell.
    tails: answersFor(config, 'live') ? [live.tail] : [],
    drain: live.drain,
    close: async () => live.close(),
  };
}

function liveContent({ users }: Accounts, { liveReads, posts }: Feed): LiveContent {
  /** Users as authors, from memory if all are there. */
  function shown(userIds: readonly Id[]) {
    const cached = userIds.map(users.cachedUser).filter((user) => user !== undefined);
    if (cached.length === userIds.length) return new Map(cached.map((user) => [user.userId, user]));
    return users.getUsers(userIds);
  }

  async function loadEntries(entryIds: readonly Id[]) {
    const entries = await liveReads.entries(entryIds);
    const people = await shown(peopleOf(entries));
    return entries.map((entry) => shownEntry(entry, people));
  }

  return {
    entries(entryIds) {
      const entries = liveReads.entries(entryIds);
      if (entries instanceof Promise) return loadEntries(entryIds);
      const people = shown(peopleOf(entries));
      if (people instanceof Promise) return loadEntries(entryIds);
      return entries.map((entry) => shownEntry(entry, people));
    },

    flags: liveReads.reacted,
    counts: liveReads.countsOf,

    async posts(viewerId, postIds) {
      const found = await posts.getMany(viewerId, postIds);
      return new Map([...found].map(([postId, post]) => [postId, JSON.stringify(presentPost(post))]));
    },

    async watched(viewerId, postIds) {
      const found = await posts.getMany(viewerId, postIds);
      return new Map([...found].map(([postId, post]) => [postId, watchedPost(post)]));
    },

    authors(userIds) {
      const people = shown(userIds);
      return people instanceof Promise ? people.then(authorTexts) : authorTexts(people);
    },
  };
}

function peopleOf(entries: readonly (CachedEntry | undefined)[]): Id[] {
  const userIds = new Set<Id>();
  for (const entry of entries) {
    if (entry === undefined) continue;
    userIds.add(entry.post.authorId);
    if (entry.reposterId !== null) userIds.add(entry.reposterId);
  }
  return [...userIds];
}

/** The fields of `presentPost`, but for those of reactions. */
function shownEntry(entry: CachedEntry | undefined, people: ReadonlyMap<Id, User>): ShownEntry | undefined {
  if (entry === undefined) return undefined;
  const { post, reposterId } = entry;
  const author = people.get(post.authorId);
  const reposter = reposterId === null ? null : people.get(reposterId);
  if (author === undefined || reposter === undefined) return undefined;
  const text = JSON.stringify(Object.assign(presentContent(post), { author: presentAuthor(author) }));
  return {
    postId: post.postId,
    counts: post.counts,
    openPost: text.slice(0, -1),
    repostedBy: reposter === null ? 'null' : JSON.stringify(presentAuthor(reposter)),
  };
}

function authorTexts(people: ReadonlyMap<Id, User>): ReadonlyMap<Id, string> {
  return new Map([...people].map(([userId, user]) => [userId, JSON.stringify(presentAuthor(user))]));
}

function watchedPost(post: Post): WatchedPost {
  const { author, visibility, mentions, replyToUser, editedAt, reactions } = post;
  const { likeCount, repostCount, replyCount } = reactions;
  const spokenTo = replyToUser === null ? mentions : [...mentions, replyToUser];
  return {
    ...{ authorId: author.userId, visibility, likeCount, repostCount, replyCount },
    spokenToIds: spokenTo.map(({ userId }) => userId),
    editedAt: editedAt?.toISOString() ?? null,
  };
}
