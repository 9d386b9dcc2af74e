/** Posts: writing, reading, editing and deleting them. */

import { AppError, assert, invalidField, notFound } from '../../../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../../../core/idempotency.ts';
import { type Id, type IdGenerator, idTimeMs, shardOf } from '../../../core/ids.ts';
import { NO_MEDIA, type ShowMedia } from '../../../core/media.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { FindUsers, GetUsers, User } from '../../../core/user.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Hydration } from './hydration.ts';
import { fillPage } from './pages.ts';
import {
  NO_REACTIONS,
  narrowVisibility,
  type Post,
  type PostChanges,
  type PostDraft,
  type PostEdit,
} from './post.ts';
import { deleteOwnPosts } from './post-deletion.ts';
import { postEdited } from './post-events.ts';
import {
  MENTIONS_MAX,
  mentionedUsernames,
  parseCaption,
  parseContentWarning,
  parseLanguage,
  parseText,
  tagsIn,
} from './post-text.ts';
import type { PostWriter } from './post-writer.ts';
import { getStoredAnswer, type PostWriteOutcome } from './post-writer-queries.ts';
import {
  editPost,
  getVisiblePosts,
  lockOwnPosts,
  type PostEditRow,
  type PostRow,
  pagePostEdits,
} from './posts-queries.ts';
import {
  type AttachMedia,
  createPostsWithMedia,
  type PostAnswering,
  type PreparedPost,
} from './posts-with-media.ts';

export const MEDIA_MAX = 4;

export interface PostsDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly getUsers: GetUsers;
  readonly findUsers: FindUsers;
  readonly hydration: Hydration;
  readonly writer: PostWriter;
  /** Without it, there are no media. */
  readonly attachMedia?: AttachMedia;
  readonly showMedia?: ShowMedia;
}

/**
 * `replayed`: the key was used for the same request, whose answer this is. `key_reused`: for another one.
 * `key_in_flight`: that request is still running.
 */
export type PostCreation =
  | { readonly outcome: 'created' | 'replayed'; readonly answer: StoredAnswer }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'key_in_flight' };

export interface Posts {
  /**
   * Writes a post, durably once this resolves. Fails with `invalid` for a draft beyond a limit, and `not_found`
   * when the author cannot see the post that it answers.
   */
  create(authorId: Id, draft: PostDraft, answering: PostAnswering): Promise<PostCreation>;
  /** The same in a transaction under way, for a post with pictures. */
  createIn(transaction: SqlTransaction, authorId: Id, draft: PostDraft): Promise<Post>;
  /** Fails with `not_found` for a post that the viewer may not see. */
  get(viewerId: Id | undefined, postId: Id): Promise<Post>;
  /** Those of the posts that the viewer may see, by id. */
  getMany(viewerId: Id | undefined, postIds: readonly Id[]): Promise<ReadonlyMap<Id, Post>>;
  /** Fails as `get` does, and with `forbidden` for a post of someone else. What changes nothing is no edit. */
  edit(transaction: SqlTransaction, userId: Id, postId: Id, changes: PostChanges): Promise<Post>;
  /** Erases what the post said at once. Fails as `edit` does. */
  delete(transaction: SqlTransaction, userId: Id, postId: Id): Promise<void>;
  /**
   * What the post said before each edit, newest first. Fails as `get` does, and with `forbidden` for a followers-only
   * or direct post of someone else: who may see it now, by an edit, was perhaps not meant to see what it said before.
   */
  edits(viewerId: Id | undefined, postId: Id, page: PageRequest): Promise<Page<PostEdit>>;
  /** Whether it is there and the viewer may see it; `session` is that of a transaction under way. */
  isVisible(viewerId: Id | undefined, postId: Id, session?: SqlSession): Promise<boolean>;
}

export function createPosts(deps: PostsDeps): Posts {
  const { sql, ids, eventLog, getUsers, findUsers, hydration, writer } = deps;
  const postsWithMedia = createPostsWithMedia(deps);

  async function get(viewerId: Id | undefined, postId: Id): Promise<Post> {
    const post = (await hydration.hydrate(viewerId, [postId])).get(postId);
    if (post === undefined) throw notFound('post');
    return post;
  }

  /** The row to be, and what its author sees of it; `undefined` when they cannot see the post that it answers. */
  async function prepare(authorId: Id, draft: PostDraft): Promise<PreparedPost | undefined> {
    const content = parseDraft(draft);
    const parent = draft.replyToId === undefined ? undefined : await getParent(authorId, draft.replyToId);
    if (draft.replyToId !== undefined && parent === undefined) return undefined;
    const [users, mentioned] = await Promise.all([
      getUsers(parent === undefined ? [authorId] : [authorId, parent.author_id]),
      findMentioned(content.text),
    ]);
    const author = users.get(authorId);
    if (author === undefined) throw new AppError('forbidden', 'This account cannot post.');
    const postId = ids.next();
    const row: PostRow = {
      post_id: postId,
      author_id: authorId,
      text: content.text,
      visibility: narrowVisibility(draft.visibility ?? 'public', parent?.visibility),
      content_warning: content.contentWarning,
      language: content.language,
      reply_to_id: parent?.post_id ?? null,
      reply_to_user_id: parent?.author_id ?? null,
      thread_id: parent?.thread_id ?? postId,
      mention_user_ids: mentioned.map(({ userId }) => userId),
      tags: tagsIn(content.text),
      edited_at: null,
      media: null,
    };
    const replyToUser = parent === undefined ? null : (users.get(parent.author_id) ?? null);
    return { row, post: newPost(row, author, replyToUser, mentioned) };
  }

  async function write(
    prepared: PreparedPost,
    mediaIds: readonly Id[],
    answering: PostAnswering,
  ): Promise<{ outcome: PostWriteOutcome; answer?: StoredAnswer }> {
    const { claim, present } = answering;
    if (mediaIds.length === 0) {
      const answer = present(prepared.post);
      return { outcome: await writer.write({ row: prepared.row, claim, answer }), answer };
    }
    try {
      return await postsWithMedia.write(prepared, mediaIds, answering);
    } catch (error) {
      // The first of two requests with this key has put them on its post.
      if (claim !== undefined && (await earlierCreation(claim)) !== undefined)
        return { outcome: 'key_exists' };
      throw error;
    }
  }

  async function getParent(authorId: Id, postId: Id): Promise<PostRow | undefined> {
    const [parent] = await sql.query(getVisiblePosts, [authorId, [postId]]);
    return parent;
  }

  async function findMentioned(text: string): Promise<User[]> {
    const usernames = mentionedUsernames(text);
    if (usernames.length === 0) return [];
    const users = await findUsers(usernames);
    const found = usernames.map((username) => users.get(username)).filter((user) => user !== undefined);
    return found.slice(0, MENTIONS_MAX);
  }

  /** What the key answers already; `undefined` when it is unused. */
  async function earlierCreation(claim: IdempotencyClaim): Promise<PostCreation | undefined> {
    const [stored] = await sql.query(getStoredAnswer, [claim.principalId, claim.key]);
    if (stored === undefined) return undefined;
    if (!stored.fingerprint.equals(claim.fingerprint)) return { outcome: 'key_reused' };
    return { outcome: 'replayed', answer: { status: stored.status, body: stored.body ?? '' } };
  }

  /** The author's own live post, locked. */
  async function lockOwn(transaction: SqlTransaction, userId: Id, postId: Id): Promise<PostRow> {
    const [row] = await transaction.query(lockOwnPosts, [userId, [postId]]);
    if (row !== undefined) return row;
    const [visible] = await transaction.query(getVisiblePosts, [userId, [postId]]);
    if (visible === undefined) throw notFound('post');
    throw new AppError('forbidden', 'Only its author may change a post.');
  }

  return {
    get,

    getMany: (viewerId, postIds) => hydration.hydrate(viewerId, postIds),

    async create(authorId, draft, answering) {
      const { claim } = answering;
      const prepared = await prepare(authorId, draft);
      let outcome: PostWriteOutcome = 'parent_gone';
      if (prepared !== undefined) {
        const written = await write(prepared, draft.mediaIds ?? [], answering);
        outcome = written.outcome;
        if (outcome === 'created' && written.answer !== undefined) return { outcome, answer: written.answer };
      }
      if (outcome === 'key_in_flight') return { outcome };
      // A repeated request is answered as before, also when the post that it answered has gone meanwhile.
      const earlier = claim === undefined ? undefined : await earlierCreation(claim);
      if (earlier !== undefined) return earlier;
      if (outcome === 'parent_gone') throw noParent();
      // The key was forgotten in between: as if it had been in flight, and free when the client tries again.
      return { outcome: 'key_in_flight' };
    },

    async createIn(transaction, authorId, draft) {
      const prepared = await prepare(authorId, draft);
      if (prepared === undefined) throw noParent();
      return postsWithMedia.writeIn(transaction, prepared, draft.mediaIds ?? []);
    },

    async edit(transaction, userId, postId, changes) {
      const before = await lockOwn(transaction, userId, postId);
      const changed = applyChanges(before, changes);
      if (changed !== undefined) {
        const mentioned = await findMentioned(changed.text);
        const editId = ids.next();
        const after: PostRow = {
          ...before,
          ...changed,
          mention_user_ids: mentioned.map((user) => user.userId),
          tags: tagsIn(changed.text),
          edited_at: new Date(idTimeMs(editId)),
        };
        await writeEdit(transaction, editId, before, after);
        await eventLog.append(transaction, [
          postEdited(after, {
            added: without(after.mention_user_ids, before.mention_user_ids),
            removed: without(before.mention_user_ids, after.mention_user_ids),
          }),
        ]);
      }
      const post = (await hydration.hydrate(userId, [postId], transaction)).get(postId);
      if (post === undefined) throw notFound('post');
      return post;
    },

    async delete(transaction, userId, postId) {
      const row = await lockOwn(transaction, userId, postId);
      await deleteOwnPosts(transaction, eventLog, [row]);
    },

    async edits(viewerId, postId, page) {
      const post = await get(viewerId, postId);
      const isPublic = post.visibility === 'public' || post.visibility === 'unlisted';
      if (!isPublic && post.author.userId !== viewerId) throw editsAreForTheAuthor();
      return fillPage(page, {
        entries: (before, count) => sql.query(pagePostEdits, [postId, before, count]),
        idOf: (row) => row.edit_id,
        items: async (rows) => rows.map(editOf),
      });
    },

    async isVisible(viewerId, postId, session = sql) {
      return (await hydration.hydrate(viewerId, [postId], session)).has(postId);
    },
  };
}

interface Content {
  readonly text: string;
  readonly contentWarning: string | null;
  readonly language: string | null;
}

function parseDraft({ text, contentWarning, language, mediaIds = [] }: PostDraft): Content {
  if (mediaIds.length > MEDIA_MAX) throw invalidField('media_ids', `must have at most ${MEDIA_MAX} items.`);
  return {
    text: mediaIds.length > 0 ? parseCaption(text) : parseText(text),
    contentWarning: parseContentWarning(contentWarning),
    language: parseLanguage(language),
  };
}

function newPost(row: PostRow, author: User, replyToUser: User | null, mentions: readonly User[]): Post {
  return {
    postId: row.post_id,
    author,
    text: row.text,
    visibility: row.visibility,
    contentWarning: row.content_warning,
    language: row.language,
    replyToId: row.reply_to_id,
    replyToUser,
    mentions,
    tags: row.tags,
    editedAt: null,
    media: NO_MEDIA,
    reactions: NO_REACTIONS,
  };
}

type Changed = Pick<PostRow, 'text' | 'content_warning' | 'language'>;

/** What the post says after the changes; `undefined` when that is what it says already. */
function applyChanges(row: PostRow, { text, contentWarning, language }: PostChanges): Changed | undefined {
  const changed: Changed = {
    text: text === undefined ? row.text : row.media === null ? parseText(text) : parseCaption(text),
    content_warning: contentWarning === undefined ? row.content_warning : parseContentWarning(contentWarning),
    language: language === undefined ? row.language : parseLanguage(language),
  };
  const same =
    changed.text === row.text &&
    changed.content_warning === row.content_warning &&
    changed.language === row.language;
  return same ? undefined : changed;
}

async function writeEdit(
  transaction: SqlTransaction,
  editId: Id,
  before: PostRow,
  after: PostRow,
): Promise<void> {
  assert(after.edited_at !== null, 'an edit has its time');
  const mentionsAdded = without(after.mention_user_ids, before.mention_user_ids);
  await transaction.query(editPost, [
    after.post_id,
    editId,
    after.edited_at,
    after.text,
    after.content_warning,
    after.language,
    after.tags,
    without(before.tags, after.tags),
    without(after.tags, before.tags),
    after.mention_user_ids,
    without(before.mention_user_ids, after.mention_user_ids),
    mentionsAdded,
    mentionsAdded.map(shardOf),
  ]);
}

function without<Item>(items: readonly Item[], others: readonly Item[]): Item[] {
  return items.filter((item) => !others.includes(item));
}

function editOf(row: PostEditRow): PostEdit {
  return {
    editId: row.edit_id,
    text: row.text,
    contentWarning: row.content_warning,
    language: row.language,
  };
}

function editsAreForTheAuthor(): AppError {
  return new AppError('forbidden', 'What a post said before is for its author alone where it is not public.');
}

function noParent(): AppError {
  const message = 'The post that this one answers does not exist.';
  return new AppError('not_found', message, { fields: [{ field: 'reply_to_id', message }] });
}
