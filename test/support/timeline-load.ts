/**
 * People who write, delete, pass on, follow, mute and read their home timelines at the same time, through whatever happens to the
 * servers, until they are stopped. Whoever reads holds every page against what had been acknowledged by then.
 */
import assert from 'node:assert/strict';
import { API, isSuccess, type Member, textAt } from '../../src/client/api-client.ts';
import { seededFraction, systemClock } from '../../src/core/clock.ts';
import type { HistoryRecorder } from '../../src/history/history-recorder.ts';
import { attemptOf, type FeedWalk, insist, walkFeed } from './feed-walk.ts';
import { createMovingClient, type MovingClient, type ServerUrls, type Tally } from './moving-client.ts';
import { createRecordedPosts } from './recorded-posts.ts';
import {
  createTimelineLedger,
  type LedgerPost,
  type Relation,
  type TimelineLedger,
} from './timeline-ledger.ts';
import { until } from './until.ts';

/** Who does what all the time. */
export interface Cast {
  /** They write, and never delete. */
  readonly authors: readonly Member[];
  /** They follow, mute, pass on, write and delete, and take it all back. */
  readonly fickle: readonly Member[];
  /** They read, and follow whom they follow from the start. */
  readonly readers: readonly Member[];
}

export interface TimelineLoad {
  readonly ledger: TimelineLedger;
  readonly tally: Tally;
  /** What a reader should not have seen, or missed. */
  readonly wrong: readonly string[];
  walks(): number;
  /** How old the oldest post was that a reader did not see yet. */
  latestMs(): number;
  /** Lets everybody finish what they are at, for which there must be a server; `resume` lets them go on. */
  pause(): Promise<void>;
  resume(): void;
  /** As `pause`, for good. */
  stop(): Promise<void>;
  /** Cuts everybody off. */
  abandon(): void;
}

export interface TimelineLoadOptions {
  readonly urls: ServerUrls;
  readonly cast: Cast;
  readonly recorder: HistoryRecorder;
  readonly seed: number;
  /** Followee ids by follower id: of the cast, as it is at the start. */
  readonly follows: ReadonlyMap<string, readonly string[]>;
}

/** Between two posts of one author. */
const PACE_MS = 100;
/** A post that is this old is in every timeline, whatever was killed meanwhile, also on a very busy machine; mostly it takes some 100 ms. */
const LATE_MS = 30_000;
const REST_MS = 10;
/** Until all have walked to the end of what they are at, on a machine that is very busy. */
const REST_MS_MAX = 60_000;
const OWN_LOOKS = 5;
const WALK_PAGES_MAX = 12;
const WRONG_MAX = 20;
const PAGE_MAX = 100;

export function startTimelineLoad(options: TimelineLoadOptions): TimelineLoad {
  const { urls, cast, recorder, seed, follows } = options;
  const ledger = createTimelineLedger();
  const tally: Tally = { statuses: new Map(), complaints: [], cut: [] };
  const wrong: string[] = [];
  const clients: MovingClient[] = [];
  let [stopping, paused, resting, walks, latestMs] = [false, false, 0, 0, 0];

  /** Between any two things that somebody does. Answers whether to go on. */
  async function turn(): Promise<boolean> {
    resting += 1;
    while (paused && !stopping) await systemClock.sleep(REST_MS);
    resting -= 1;
    return !stopping;
  }

  function complain(member: Member, what: string): void {
    if (wrong.length < WRONG_MAX) wrong.push(`${member.username}: ${what}`);
  }

  function post(member: Member, postId: string): LedgerPost {
    const acknowledgedMs = systemClock.monotonicMs();
    return ledger.posted({ postId: Number(postId), authorId: member.userId, acknowledgedMs });
  }

  async function write(member: Member, http: MovingClient): Promise<void> {
    const posts = createRecordedPosts(http, recorder);
    for (let n = 0; await turn(); n += 1) {
      const text = `${member.username} ${n}`;
      const intent = { authorId: member.userId, token: member.token, text, idem: `${member.username}-${n}` };
      let postId = await posts.create(intent);
      for (; postId === undefined; postId = await posts.create(intent)) await systemClock.sleep(PACE_MS);
      post(member, postId);
      if (n % 4 === 0) await seeOwn(member, http, Number(postId));
      await systemClock.sleep(PACE_MS);
    }
  }

  /** At once and from then on, by the server that has taken it: from SQL first, from memory as soon as that has heard of it. */
  async function seeOwn(member: Member, http: MovingClient, postId: number): Promise<void> {
    const moves = http.moves();
    for (let look = 0; look < OWN_LOOKS; look += 1) {
      const walk = await walkFeed(http, { token: member.token, limit: PAGE_MAX, pagesMax: 1 });
      const seen = walk.entries.some((entry) => entry.postId === postId);
      if (!seen && http.moves() === moves) complain(member, `does not see their own post ${postId} at once`);
    }
  }

  async function waver(member: Member, http: MovingClient, fraction: () => number): Promise<void> {
    const others = [...cast.authors, ...cast.fickle].filter(({ userId }) => userId !== member.userId);
    const own: LedgerPost[] = [];
    const act = async (): Promise<void> => {
      const other = others[Math.floor(fraction() * others.length)] ?? assert.fail();
      const there = fraction() < 0.5;
      const kind = fraction();
      if (kind < 0.25) await relate('follow', other.userId, there);
      else if (kind < 0.4) await relate('mute', other.userId, there);
      else if (kind < 0.7) await passOn(fraction() < 0.7);
      else if (kind < 0.9) await writeShortly();
      else await takeBack();
    };

    async function relate(relation: 'follow' | 'mute', otherId: string, there: boolean): Promise<void> {
      const moves = http.moves();
      if (!(await change(relation, otherId, there)) || (relation === 'mute') !== there) return;
      const { entries } = await walkFeed(http, { token: member.token, limit: PAGE_MAX, pagesMax: 1 });
      if (http.moves() !== moves) return;
      const shown = entries.find(
        ({ authorId, reposterId }) =>
          reposterId === otherId || (authorId === otherId && (relation === 'mute' || reposterId === null)),
      );
      const what = relation === 'mute' ? 'muted' : 'no longer follows';
      if (shown !== undefined) complain(member, `${what} ${otherId} and sees entry ${shown.entryId}`);
    }

    /** Answers whether it was acknowledged. */
    async function change(relation: Relation, toId: string, there: boolean): Promise<boolean> {
      const path = `${API}/${relation === 'repost' ? 'posts' : 'users'}/${toId}/${relation}`;
      ledger.relate(relation, member.userId, toId, undefined);
      const response = await attemptOf(http, { method: there ? 'PUT' : 'DELETE', path, token: member.token });
      if (response === undefined || !isSuccess(response)) return false;
      ledger.relate(relation, member.userId, toId, there);
      return true;
    }

    async function passOn(there: boolean): Promise<void> {
      const recent = ledger.posts.slice(-200);
      const chosen = recent[Math.floor(fraction() * recent.length)];
      if (chosen !== undefined) await change('repost', String(chosen.postId), there);
    }

    async function writeShortly(): Promise<void> {
      const body = JSON.stringify({ text: `${member.username} may take this back` });
      const { token } = member;
      const response = await attemptOf(http, { method: 'POST', path: `${API}/posts`, token, body });
      if (response === undefined || !isSuccess(response)) return;
      own.push(post(member, textAt(JSON.parse(response.body.toString()), 'post_id')));
    }

    async function takeBack(): Promise<void> {
      const [chosen] = own.splice(Math.floor(fraction() * own.length), 1);
      if (chosen === undefined) return;
      chosen.mayBeDeleted = true;
      const path = `${API}/posts/${chosen.postId}`;
      await insist(http, { method: 'DELETE', path, token: member.token });
      chosen.deletedMs = systemClock.monotonicMs();
    }

    while (await turn()) {
      await act();
      await systemClock.sleep(PACE_MS / 2);
    }
  }

  async function read(member: Member, http: MovingClient, fraction: () => number): Promise<void> {
    const sources = new Set([member.userId, ...(follows.get(member.userId) ?? [])]);
    while (await turn()) {
      const startedMs = systemClock.monotonicMs();
      const limit = 1 + Math.floor(fraction() ** 2 * PAGE_MAX);
      const pagesMax = 1 + Math.floor(fraction() ** 2 * WALK_PAGES_MAX);
      const walk = await walkFeed(http, { token: member.token, limit, pagesMax });
      check(member, sources, walk, startedMs);
      walks += 1;
    }
  }

  function check(member: Member, sources: ReadonlySet<string>, walk: FeedWalk, startedMs: number): void {
    const { entries, downTo } = walk;
    const shown = new Set(entries.map(({ postId }) => postId));
    if (shown.size < entries.length) complain(member, `sees a post twice among ${entries.length}`);
    if (entries.some(({ entryId }, index) => index > 0 && entryId >= (entries[index - 1]?.entryId ?? 0)))
      complain(member, 'sees entries that are not newest first');
    for (const { postId, authorId, acknowledgedMs, mayBeDeleted, deletedMs } of ledger.posts) {
      if (deletedMs !== undefined && deletedMs < startedMs - LATE_MS && shown.has(postId))
        complain(member, `sees ${postId}, which was deleted ${startedMs - deletedMs} ms before`);
      if (mayBeDeleted || postId < downTo || acknowledgedMs > startedMs) continue;
      if (!sources.has(authorId) || shown.has(postId)) continue;
      latestMs = Math.max(latestMs, startedMs - acknowledgedMs);
      if (acknowledgedMs < startedMs - LATE_MS)
        complain(member, `does not see ${postId}, written ${startedMs - acknowledgedMs} ms before`);
    }
  }

  type Act = (member: Member, http: MovingClient, fraction: () => number) => Promise<void>;
  const acts: readonly (readonly [Act, Member])[] = [
    ...cast.authors.map((member) => [write, member] as const),
    ...cast.fickle.map((member) => [waver, member] as const),
    ...cast.readers.map((member) => [read, member] as const),
  ];
  const ended = Promise.all(
    acts.map(async ([act, member], index) => {
      const http = createMovingClient({ urls, home: index % urls.length, tally });
      clients.push(http);
      await act(member, http, seededFraction(seed + index)).finally(http.close);
    }),
  );
  // Whoever stops the load hears of it.
  ended.catch(() => undefined);
  return {
    ledger,
    tally,
    wrong,
    walks: () => walks,
    latestMs: () => latestMs,
    async pause() {
      paused = true;
      await until(() => resting === acts.length, REST_MS_MAX);
    },
    resume() {
      paused = false;
    },
    async stop() {
      stopping = true;
      await ended;
    },
    abandon() {
      stopping = true;
      for (const client of clients) client.close();
    },
  };
}
