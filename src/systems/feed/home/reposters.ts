/** Who reposted a post, and when: loaded when it is first asked for, and kept by the events that are heard. */
import type { Id } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createLoadingCache } from '../../../resilience/loading-cache.ts';
import type { Repost } from '../posts/post-events.ts';
import { REPOST_WINDOW_IDS } from '../timelines/repost-window.ts';
import { readIdList } from './id-list-queries.ts';
import { getReposts, type RepostsRow } from './posts-cache-queries.ts';
import { countBelow } from './sorted-ids.ts';

/** Of one post, the newest. */
export const REPOSTS_KEPT_MAX = 1_000;
/** Posts whose reposts are kept: as a rule a handful each. */
export const REPOSTED_POSTS_MAX = 50_000;
export const REPOSTS_BYTES_MAX = 64 * 1_024 * 1_024;

export interface Reposters {
  /**
   * Who reposted the post in the 24 hours before `entryId`, which may hold somebody twice. `undefined`: that reaches back
   * further than what is kept. Asked for many posts at the same moment, one statement loads what is missing.
   */
  before(postId: Id, entryId: Id): MaybePromise<readonly Id[] | undefined>;
  reposted(repost: Repost): void;
  unreposted(repost: Repost): void;
  forget(postId: Id): void;
}

export function createReposters(deps: { readonly sql: SqlSession; readonly postsMax?: number }): Reposters {
  const { sql, postsMax = REPOSTED_POSTS_MAX } = deps;
  const lists = createLoadingCache<Id, RepostList>({
    valuesMax: postsMax,
    bytes: { max: REPOSTS_BYTES_MAX, of: (list) => list.bytes() },
    load,
  });
  /** Asked for at this moment: the next load. */
  let gathering: { readonly postIds: Id[]; readonly rows: Promise<readonly RepostsRow[]> } | undefined;

  async function load(postIds: readonly Id[]): Promise<RepostList[]> {
    gathering ??= gather();
    gathering.postIds.push(...postIds);
    const rows = await gathering.rows;
    const byPost = new Map(rows.map((row) => [row.post_id, row]));
    return postIds.map((postId) => new RepostList(byPost.get(postId)));
  }

  function gather() {
    const postIds: Id[] = [];
    const rows = Promise.resolve().then(() => {
      gathering = undefined;
      return sql.query(getReposts, [postIds, REPOSTS_KEPT_MAX + 1]);
    });
    return { postIds, rows };
  }

  return {
    before(postId, entryId) {
      const list = lists.get(postId);
      return list instanceof Promise ? list.then((loaded) => loaded.before(entryId)) : list.before(entryId);
    },
    reposted({ postId, repostId, userId }) {
      lists.change(postId, (list) => list.add(repostId, userId));
    },
    unreposted({ postId, repostId }) {
      lists.change(postId, (list) => list.remove(repostId));
    },
    forget: (postId) => lists.forget(postId),
  };
}

/** With the entry of the cache. */
const LIST_BYTES = 200;
const REPOST_BYTES = 16;

/** The newest reposts of a post. */
class RepostList {
  /** Ascending. */
  readonly #repostIds: Id[];
  /** In the same order. */
  readonly #userIds: Id[];
  /** The list is complete above. */
  #floor: Id = 0;

  /** One repost more than may be kept, if there are more. */
  constructor(row: RepostsRow | undefined) {
    this.#repostIds = [...readIdList(row?.repost_ids ?? null)];
    this.#userIds = [...readIdList(row?.user_ids ?? null)];
    this.#trim();
  }

  before(entryId: Id): readonly Id[] | undefined {
    const windowStart = entryId - REPOST_WINDOW_IDS;
    if (this.#floor >= windowStart) return undefined;
    return this.#userIds.slice(
      countBelow(this.#repostIds, windowStart),
      countBelow(this.#repostIds, entryId),
    );
  }

  add(repostId: Id, userId: Id): void {
    if (repostId <= this.#floor) return;
    const place = countBelow(this.#repostIds, repostId);
    if (this.#repostIds[place] === repostId) return;
    this.#repostIds.splice(place, 0, repostId);
    this.#userIds.splice(place, 0, userId);
    this.#trim();
  }

  remove(repostId: Id): void {
    const place = countBelow(this.#repostIds, repostId);
    if (this.#repostIds[place] !== repostId) return;
    this.#repostIds.splice(place, 1);
    this.#userIds.splice(place, 1);
  }

  /** Roughly, and as loaded. */
  bytes(): number {
    return LIST_BYTES + REPOST_BYTES * this.#repostIds.length;
  }

  #trim(): void {
    const cut = this.#repostIds.length - REPOSTS_KEPT_MAX;
    if (cut <= 0) return;
    this.#floor = this.#repostIds[cut - 1] ?? 0;
    this.#repostIds.splice(0, cut);
    this.#userIds.splice(0, cut);
  }
}
