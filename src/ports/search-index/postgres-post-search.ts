/** Finding posts: first among the newest, one by one, then window after window by the index of words. */
import type { Clock } from '../../core/clock.ts';
import { assert } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { SqlSession } from '../sql-store/sql-store.ts';
import { createWindowWalk } from './postgres-post-windows.ts';
import {
  getWalked,
  type SearchPostsParams,
  searchNewestPosts,
  searchPostsByWords,
} from './postgres-search-posts.ts';
import { stemsOf } from './postgres-stemmers.ts';
import { queryText, stemmedWords, withLexeme } from './postgres-text-query.ts';
import { SEARCH_LIMIT_MAX, type SearchIndex } from './search-index.ts';

/**
 * Posts that are looked through one by one before the index of words is asked, which takes some 2 ms in vain. What fills a page of
 * 20 from so many is in one of a hundred, and would cost the index more.
 */
export const NEWEST_WALKED = 2_000;

/** A part of the posts: from `start` on, and below `below`. */
interface Range {
  readonly below: Id;
  readonly start: Id;
}

export interface PostgresPostSearchDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
}

export function createPostgresPostSearch({
  sql,
  clock,
}: PostgresPostSearchDeps): Pick<SearchIndex, 'searchPosts'> {
  return {
    async searchPosts(query, { viewerId, followeeIds, hiddenIds }, { before, limit }) {
      assert(limit <= SEARCH_LIMIT_MAX, `${limit} hits are too many for one page`);
      const text = queryText(query, await stemsOf(sql, stemmedWords(query)));
      if (text === undefined) return { items: [], nextBefore: undefined };
      const { from = 0 } = query;
      // One more than asked for tells whether there are more.
      const wanted = limit + 1;
      const found: Id[] = [];
      const paramsOf = (words: string, { below, start }: Range): SearchPostsParams => {
        return [viewerId ?? null, words, below, start, wanted - found.length, followeeIds, hiddenIds];
      };
      const add = (rows: readonly { readonly post_id: Id }[]): void => {
        for (const { post_id: postId } of rows) found.push(postId);
      };
      const newest = paramsOf(text, { below: before, start: from });
      add(await sql.query(searchNewestPosts, [...newest, NEWEST_WALKED]));
      const unread = found.length === wanted ? undefined : await searchWindows(text);
      const items = found.slice(0, limit);
      return { items, nextBefore: found.length > limit ? items.at(-1) : unread };

      /** Answers below what it has not come to; `undefined` at the end. */
      async function searchWindows(words: string): Promise<Id | undefined> {
        const [walked] = await sql.query(getWalked, [before, from, NEWEST_WALKED]);
        if (walked === undefined) return undefined;
        const walk = createWindowWalk(
          walked.oldest_id,
          walked.newest_id - walked.oldest_id,
          clock.monotonicMs,
        );
        while (found.length < wanted && walk.below() > from) {
          const window = walk.next();
          if (window === undefined) break;
          const range = { below: walk.below(), start: Math.max(from, window.start) };
          add(await sql.query(searchPostsByWords, paramsOf(withLexeme(words, window.lexeme), range)));
          walk.pass(window);
        }
        return walk.below() > from ? walk.below() : undefined;
      }
    },
  };
}
