/** Holds what is there after a load against what was acknowledged, and what clients read against SQL. */
import assert from 'node:assert/strict';
import type { Member } from '../../src/client/api-client.ts';
import type { HttpClient } from '../../src/client/http-client.ts';
import { concurrently } from '../../src/core/concurrently.ts';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import { readStatement, type SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { type EntryRow, pageFeed } from '../../src/systems/feed/timelines/timelines-queries.ts';
import { walkFeed } from './feed-walk.ts';
import type { Relation, TimelineLedger } from './timeline-ledger.ts';

export interface OutcomeSetting {
  readonly sql: SqlStore;
  readonly http: HttpClient;
  readonly members: readonly Member[];
  readonly ledger: TimelineLedger;
}

interface IdRow {
  readonly id: Id;
}
interface PairRow {
  readonly user_id: Id;
  readonly to_id: Id;
}

const WALKS_AT_ONCE = 4;
const PAGE = 100;

const existingPosts = readStatement<[postIds: readonly Id[]], IdRow>(
  'outcome_posts',
  'SELECT post_id AS id FROM posts WHERE post_id = ANY ($1) AND deleted_at IS NULL',
);
const relationTexts: Readonly<Record<Relation, string>> = {
  follow: 'SELECT follower_id AS user_id, followee_id AS to_id FROM follows WHERE follower_id = ANY ($1)',
  mute: 'SELECT user_id, muted_id AS to_id FROM mutes WHERE user_id = ANY ($1)',
  repost: 'SELECT user_id, post_id AS to_id FROM reposts WHERE user_id = ANY ($1)',
};

/** Answers how many entries were compared. */
export async function checkOutcome(setting: OutcomeSetting): Promise<number> {
  const existing = await checkPosts(setting);
  const follows = await checkRelation(setting, 'follow', existing);
  const mutes = await checkRelation(setting, 'mute', existing);
  await checkRelation(setting, 'repost', existing);
  const { members } = setting;
  const counts = await concurrently(
    members.length,
    async (n) => {
      const member = members[n] ?? assert.fail();
      const sources = new Set([member.userId, ...(follows.get(member.userId) ?? [])]);
      for (const mutedId of mutes.get(member.userId) ?? []) sources.delete(mutedId);
      return checkFeed(setting, member, { sources, existing });
    },
    WALKS_AT_ONCE,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Answers those of the posts that are there. */
async function checkPosts({ sql, ledger }: OutcomeSetting): Promise<ReadonlySet<Id>> {
  const postIds = ledger.posts.map(({ postId }) => postId);
  const existing = new Set((await sql.query(existingPosts, [postIds])).map(({ id }) => id));
  const lost = ledger.posts.filter(({ postId, mayBeDeleted }) => !mayBeDeleted && !existing.has(postId));
  assert.deepEqual(lost, [], 'acknowledged posts are gone');
  const back = ledger.posts.filter(
    ({ postId, deletedMs }) => deletedMs !== undefined && existing.has(postId),
  );
  assert.deepEqual(back, [], 'deleted posts are there');
  return existing;
}

/** Answers what is there, by user. */
async function checkRelation(
  { sql, members, ledger }: OutcomeSetting,
  relation: Relation,
  existing: ReadonlySet<Id>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const statement = readStatement<[userIds: readonly Id[]], PairRow>('', relationTexts[relation]);
  const rows = await sql.query(statement, [members.map(({ userId }) => Number(userId))]);
  const there = new Set(rows.map((row) => `${row.user_id} ${row.to_id}`));
  // With a post go its reposts.
  const known = ledger
    .related(relation)
    .filter(({ toId }) => relation !== 'repost' || existing.has(Number(toId)));
  const wrong = known.filter((one) => there.has(`${one.userId} ${one.toId}`) !== one.there);
  assert.deepEqual(wrong, [], `acknowledged changes of ${relation} are lost`);
  const byUser = new Map<string, string[]>();
  for (const row of rows) {
    const [userId, toId] = [String(row.user_id), String(row.to_id)];
    byUser.set(userId, [...(byUser.get(userId) ?? []), toId]);
  }
  return byUser;
}

interface DueFeed {
  readonly sources: ReadonlySet<string>;
  readonly existing: ReadonlySet<Id>;
}

async function checkFeed(
  { sql, http, ledger }: OutcomeSetting,
  { userId, username, token }: Member,
  { sources, existing }: DueFeed,
): Promise<number> {
  const { entries } = await walkFeed(http, { token, limit: PAGE });
  const due = await walkSql(sql, Number(userId));
  const shown = entries.map(({ entryId, postId, reposterId }) => ({
    entry_id: entryId,
    post_id: postId,
    reposter_id: reposterId === null ? null : Number(reposterId),
  }));
  assert.deepEqual(shown, due, `what ${username} reads is not what SQL says`);
  const times = new Map<number, number>();
  for (const { postId } of entries) times.set(postId, (times.get(postId) ?? 0) + 1);
  const wrong = ledger.posts.filter(
    ({ postId, authorId }) => sources.has(authorId) && existing.has(postId) && times.get(postId) !== 1,
  );
  assert.deepEqual(wrong, [], `${username} does not see each of these once`);
  return entries.length;
}

async function walkSql(sql: SqlStore, readerId: Id) {
  const entries: EntryRow[] = [];
  for (let before: Id | undefined = ID_MAX; before !== undefined; ) {
    const rows: EntryRow[] = await sql.query(pageFeed, [readerId, before, PAGE]);
    entries.push(...rows.map((row) => ({ ...row })));
    before = rows.length < PAGE ? undefined : rows.at(-1)?.entry_id;
  }
  return entries;
}
