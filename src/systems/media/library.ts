/** The media of one owner: seen, described, deleted, and put on posts. */
import { AppError, invalidField, notFound } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Media, ProfilePicture, ShowMedia, StoredMedia } from '../../core/media.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  attachMedia,
  chooseMedia,
  deleteMedia,
  describeMedia,
  getMedia,
  lockOwnMedia,
  type MediaRow,
} from './media-queries.ts';
import { mediaEvent, storedMediaOf } from './stored-media.ts';
import type { MediaDescription } from './uploads/media-description.ts';

export interface OwnMedia extends Media {
  /** Why it failed. */
  readonly failure: string | null;
  readonly postId: Id | null;
  /** What shows it, or will. */
  readonly purpose: 'post' | ProfilePicture;
}

export interface Library {
  /** Fails with `not_found` for what is not the owner's. */
  get(ownerId: Id, mediaId: Id): Promise<OwnMedia>;
  /** What is absent stays. Fails as `get` does. */
  describe(
    transaction: SqlTransaction,
    ownerId: Id,
    mediaId: Id,
    changes: Partial<MediaDescription>,
  ): Promise<OwnMedia>;
  /** Fails as `get` does, and with `conflict` while a post or the owner's profile shows it. */
  delete(transaction: SqlTransaction, ownerId: Id, mediaId: Id): Promise<void>;
  /**
   * Puts the media on a post of theirs, in this order, when the transaction commits. Fails with `invalid`, naming the field
   * `media_ids`, for what is not theirs, failed, on another post, or named twice.
   */
  attach(
    transaction: SqlTransaction,
    ownerId: Id,
    postId: Id,
    mediaIds: readonly Id[],
  ): Promise<StoredMedia[]>;
  /**
   * Takes one for the owner's profile, when the transaction commits: it is cut to size, and the topic `media` says when that
   * is done. Fails with `invalid`, naming the field, for what is not theirs, failed, or is on a post or the profile already.
   */
  choose(transaction: SqlTransaction, ownerId: Id, mediaId: Id, purpose: ProfilePicture): Promise<void>;
  /** Deletes them when the transaction commits, whatever shows them. */
  release(transaction: SqlTransaction, mediaIds: readonly Id[]): Promise<void>;
  /** As its owner sees it. */
  show(row: MediaRow): OwnMedia;
}

export function createLibrary(deps: {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly showMedia: ShowMedia;
}): Library {
  const { sql, eventLog, showMedia } = deps;

  function show(row: MediaRow): OwnMedia {
    const [media] = showMedia([storedMediaOf(row)], 'some');
    if (media === undefined) throw notFound('medium');
    return { ...media, failure: row.failure, postId: row.post_id, purpose: row.purpose };
  }

  async function lockOwn(transaction: SqlTransaction, ownerId: Id, mediaId: Id): Promise<MediaRow> {
    const [row] = await transaction.query(lockOwnMedia, [ownerId, [mediaId]]);
    if (row === undefined) throw notFound('medium');
    return row;
  }

  return {
    show,

    async get(ownerId, mediaId) {
      const [row] = await sql.query(getMedia, [mediaId]);
      if (row === undefined || row.owner_id !== ownerId) throw notFound('medium');
      return show(row);
    },

    async describe(transaction, ownerId, mediaId, changes) {
      const before = await lockOwn(transaction, ownerId, mediaId);
      const { alt, focus } = { ...storedMediaOf(before), ...changes };
      const [x, y] = focus ?? [null, null];
      const [row] = await transaction.query(describeMedia, [mediaId, alt, x, y]);
      if (row === undefined) throw notFound('medium');
      await eventLog.append(transaction, [mediaEvent('described', row)]);
      return show(row);
    },

    async delete(transaction, ownerId, mediaId) {
      const row = await lockOwn(transaction, ownerId, mediaId);
      if (row.post_id !== null) {
        throw new AppError('conflict', 'A post shows it. Delete the post, and it goes too.');
      }
      if (row.purpose !== 'post' && row.state !== 'failed') {
        throw new AppError(
          'conflict',
          `It is your ${row.purpose}. Choose another one, or none, and it goes too.`,
        );
      }
      await transaction.query(deleteMedia, [[mediaId]]);
    },

    async attach(transaction, ownerId, postId, mediaIds) {
      if (new Set(mediaIds).size < mediaIds.length) throw invalidField('media_ids', 'names a medium twice.');
      const rows = await transaction.query(lockOwnMedia, [ownerId, mediaIds]);
      const byId = new Map(rows.map((row) => [row.media_id, row]));
      const chosen = mediaIds.map((mediaId) => checkAttachable(byId.get(mediaId)));
      await transaction.query(attachMedia, [postId, mediaIds]);
      return chosen.map(storedMediaOf);
    },

    async choose(transaction, ownerId, mediaId, purpose) {
      const [row] = await transaction.query(lockOwnMedia, [ownerId, [mediaId]]);
      checkChoosable(row, `${purpose}_media_id`);
      const [chosen] = await transaction.query(chooseMedia, [mediaId, purpose]);
      if (chosen !== undefined) await eventLog.append(transaction, [mediaEvent('chosen', chosen)]);
    },

    async release(transaction, mediaIds) {
      if (mediaIds.length > 0) await transaction.query(deleteMedia, [mediaIds]);
    },
  };
}

function checkAttachable(row: MediaRow | undefined): MediaRow {
  if (row === undefined) throw invalidField('media_ids', 'names media that do not exist.');
  if (row.post_id !== null) throw invalidField('media_ids', 'names a medium that another post shows.');
  if (row.purpose !== 'post') throw invalidField('media_ids', `names your ${row.purpose}.`);
  if (row.state === 'failed') throw invalidField('media_ids', 'names a medium that failed to be processed.');
  return row;
}

function checkChoosable(row: MediaRow | undefined, field: string): void {
  if (row === undefined) throw invalidField(field, 'does not exist. Upload a picture first.');
  if (row.post_id !== null) throw invalidField(field, 'is shown by a post. Upload it again.');
  if (row.state === 'failed') throw invalidField(field, `failed to be processed: it ${row.failure}`);
  if (row.purpose !== 'post') throw invalidField(field, `is your ${row.purpose} already. Upload it again.`);
}
