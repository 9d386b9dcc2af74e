/** The media of one owner: seen, described, deleted, and put on posts. */
import { AppError, invalidField, notFound } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import type { Media, ShowMedia, StoredMedia } from '../../core/media.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlStore, SqlTransaction } from '../../ports/sql-store/sql-store.ts';
import {
  attachMedia,
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
  /** Fails as `get` does, and with `conflict` while a post shows it. */
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
    return { ...media, failure: row.failure, postId: row.post_id };
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
  };
}

function checkAttachable(row: MediaRow | undefined): MediaRow {
  if (row === undefined) throw invalidField('media_ids', 'names media that do not exist.');
  if (row.post_id !== null) throw invalidField('media_ids', 'names a medium that another post shows.');
  if (row.state === 'failed') throw invalidField('media_ids', 'names a medium that failed to be processed.');
  return row;
}
