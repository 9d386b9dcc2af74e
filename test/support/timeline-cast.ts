/** Who takes part in a load on home timelines, of whom three are followed by a crowd. */
import { createApiClient, type Member } from '../../src/client/api-client.ts';
import { createHttpClient } from '../../src/client/http-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { FOLLOWERS_PAGE } from '../../src/systems/feed/home/fan-out-lanes.ts';
import { loadCrowd } from './crowd.ts';
import type { Cast } from './timeline-load.ts';

export interface CastOnStage {
  readonly cast: Cast;
  readonly members: readonly Member[];
  /** Followee ids by follower id. */
  readonly follows: ReadonlyMap<string, readonly string[]>;
}

const AUTHORS = 6;
const FICKLE = 3;
const READERS = 4;

/** Loaded followers of the first authors. All of them are delivered to page by page, unless they are pulled. */
const CROWDS = [FOLLOWERS_PAGE + 1_000, FOLLOWERS_PAGE + 500, FOLLOWERS_PAGE + 50] as const;
/** The limit at which the first of them is pulled, and the one at which the second is, too. */
export const PULL_LIMITS = [FOLLOWERS_PAGE + 750, FOLLOWERS_PAGE + 250] as const;

export async function stageCast(url: string, sql: SqlStore): Promise<CastOnStage> {
  const http = createHttpClient({ url, connectionsMax: 4, timeoutMs: 60_000 });
  const api = createApiClient(http, systemClock);
  const named = (name: string, count: number) => concurrently(count, (n) => api.signUp(`${name}_${n}`), 4);
  const cast = {
    authors: await named('author', AUTHORS),
    fickle: await named('fickle', FICKLE),
    readers: await named('reader', READERS),
  };
  const members = [...cast.authors, ...cast.fickle, ...cast.readers];
  const follows = new Map(members.map((member, n) => [member.userId, followeesOf(member, n, cast)]));
  await concurrently(members.length, async (n) => {
    const member = members[n];
    if (member === undefined) return;
    for (const followeeId of follows.get(member.userId) ?? []) await api.follow(member, followeeId);
  });
  http.close();
  await loadCrowd(
    sql,
    CROWDS.flatMap((followers, n) => {
      const author = cast.authors[n];
      return author === undefined ? [] : [{ ...author, followers }];
    }),
  );
  return { cast, members, follows };
}

/** All that others write, but for two of the authors, of whom there may be reposts. */
function followeesOf({ userId }: Member, n: number, { authors, fickle }: Cast): string[] {
  const missed = [n % authors.length, (n + 3) % authors.length];
  return [...authors.filter((_, index) => !missed.includes(index)), ...fickle]
    .map((other) => other.userId)
    .filter((otherId) => otherId !== userId);
}
