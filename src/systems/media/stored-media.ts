/** A picture as its post and its events carry it. */
import type { StoredMedia } from '../../core/media.ts';
import type { NewEvent } from '../../ports/event-log/event-log.ts';
import type { MediaRow } from './media-queries.ts';

/** Key: the owner. What happens to one picture is in order, because a change holds the lock of its row. */
export const MEDIA_TOPIC = 'media';

export function storedMediaOf(row: MediaRow): StoredMedia {
  return {
    media_id: String(row.media_id),
    key: row.blob_key,
    state: row.state,
    animated: row.animated,
    width: row.width,
    height: row.height,
    thumbhash: row.thumbhash,
    alt: row.alt,
    focus: row.focus_x === null || row.focus_y === null ? null : [row.focus_x, row.focus_y],
    variants: row.variants,
  };
}

/** The whole picture, what it is for, and the post that shows it, if there is one. */
export function mediaEvent(
  kind: 'uploaded' | 'ready' | 'failed' | 'described' | 'chosen' | 'cut',
  row: MediaRow,
): NewEvent {
  return {
    topic: MEDIA_TOPIC,
    key: row.owner_id,
    kind,
    ownerId: row.owner_id,
    payload: {
      owner_id: String(row.owner_id),
      post_id: row.post_id === null ? null : String(row.post_id),
      purpose: row.purpose,
      media: storedMediaOf(row),
    },
  };
}
