/**
 * Who may see what: the one place of the rule, as SQL conditions that every statement of the feed is built from.
 * The arguments are SQL expressions; a viewer that is NULL is nobody signed in. For WHERE only: where the answer
 * is no, a condition may be NULL.
 *
 * NOTE: what must be absent is a scalar subquery inside of a CASE, not NOT EXISTS. As anti-joins the conditions would
 * let the planner join whole tables where a page needs a few rows of an index; a bare IS NULL it takes for nearly
 * always false, so that it would not expect to stop at a limit, and IS NOT NULL for nearly always true.
 */

/** The user is not suspended or deleted, and neither of the two has blocked the other. */
export function userVisible(viewer: string, user: string): string {
  return `(${absent(`SELECT hidden.user_id FROM hidden_users AS hidden WHERE hidden.user_id = ${user}`)}
    AND ${absent(`SELECT block.block_id FROM blocks AS block
      WHERE block.user_id = ${viewer} AND block.blocked_id = ${user}`)}
    AND ${absent(`SELECT block.block_id FROM blocks AS block
      WHERE block.user_id = ${user} AND block.blocked_id = ${viewer}`)})`;
}

/** The viewer has not muted the user: for whatever the viewer did not ask for by name. */
export function notMuted(viewer: string, user: string): string {
  return absent(`SELECT mute.mute_id FROM mutes AS mute
    WHERE mute.user_id = ${viewer} AND mute.muted_id = ${user}`);
}

/** The viewer may see the post, a row of `posts` under the alias `post`. */
export function postVisible(viewer: string, post = 'post'): string {
  return `(${post}.deleted_at IS NULL
    AND (${post}.visibility IN ('public', 'unlisted')
      OR ${post}.author_id = ${viewer}
      OR ${post}.reply_to_user_id = ${viewer}
      OR ${viewer} = ANY (${post}.mention_user_ids)
      OR (${post}.visibility = 'followers' AND (SELECT follow.follow_id FROM follows AS follow
        WHERE follow.follower_id = ${viewer} AND follow.followee_id = ${post}.author_id) IS NOT NULL))
    AND ${userVisible(viewer, `${post}.author_id`)})`;
}

/** The query, of one row at most and a column that is never null, has no row. */
function absent(query: string): string {
  return `(CASE WHEN (${query}) IS NULL THEN true END) IS NOT NULL`;
}
