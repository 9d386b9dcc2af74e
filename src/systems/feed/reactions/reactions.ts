/**
 * Liking, reposting and bookmarking a post, and taking it back, in a transaction of the caller. What is so already
 * stays as it is and is no event. The answer counts the caller's own change. Each fails with `not_found` for a post that
 * the user may not see. Requests without an Idempotency-Key go together instead: `reaction-writer.ts`.
 */

import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { ReactionCounts } from '../posts/post.ts';
import { createReactionChanges, type ReactionChangesDeps, type ReactionKind } from './reaction-changes.ts';

export type React = (transaction: SqlTransaction, userId: Id, postId: Id) => Promise<ReactionCounts>;

/** `repost` fails with `forbidden` for a post that not everyone may see. */
export type Reactions = Readonly<Record<ReactionKind, React>>;

export function createReactions(deps: ReactionChangesDeps): Reactions {
  const changes = createReactionChanges(deps);
  const react =
    (kind: ReactionKind): React =>
    async (transaction, userId, postId) => {
      const [outcome] = await changes.make(transaction, [{ kind, userId, postId }]);
      assert(outcome !== undefined, 'every reaction has its outcome');
      if (!outcome.ok) throw outcome.error;
      return outcome.value;
    };
  return {
    like: react('like'),
    unlike: react('unlike'),
    repost: react('repost'),
    unrepost: react('unrepost'),
    bookmark: react('bookmark'),
    unbookmark: react('unbookmark'),
  };
}
