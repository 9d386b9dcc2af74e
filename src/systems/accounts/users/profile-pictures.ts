/**
 * Pictures of people: chosen by them, shown when they have been processed, released when others follow. Everyone may see
 * them, so their addresses are lasting.
 */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { PROFILE_PICTURES, type ProfilePicture } from '../../../core/media.ts';
import type { LoggedEvent, Subscription } from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { chosen, failed, type PictureSlot, picturesOf, processed, type SlotChange } from './picture-slot.ts';
import {
  lockProfilePictures,
  type ProfilePicturesRow,
  setAvatar,
  setHeader,
} from './profile-pictures-queries.ts';
import type { AccountRow } from './users-queries.ts';

const MEDIA_TOPIC = 'media';

/** What the system of pictures does for this one. */
export interface OwnPictures {
  /**
   * Takes a picture of the owner's for their profile, when the transaction commits. Fails with `invalid`, naming the field,
   * for one that is not theirs, failed, or is on a post or another place already. The topic `media` says when it is processed.
   */
  choose(transaction: SqlTransaction, ownerId: Id, mediaId: Id, picture: ProfilePicture): Promise<void>;
  /** Deletes them when the transaction commits. What is gone already does not matter. */
  release(transaction: SqlTransaction, mediaIds: readonly Id[]): Promise<void>;
}

/** Null removes; what is absent stays. */
export type PictureChoices = Partial<Readonly<Record<ProfilePicture, Id | null>>>;

export interface ProfilePictures {
  /** Whether what others see has changed. Fails with `invalid`, naming the field, or `not_found`. */
  choose(transaction: SqlTransaction, userId: Id, choices: PictureChoices): Promise<boolean>;
  /** Of an account that is being deleted. */
  releaseAll(transaction: SqlTransaction, userId: Id): Promise<void>;
  /** Shows what has been processed. All its effects are in the transaction. */
  readonly subscription: Subscription;
}

export interface ProfilePicturesDeps {
  readonly ownPictures: OwnPictures;
  /** Tells everyone of what is shown now. */
  readonly announceUpdated: (transaction: SqlTransaction, row: AccountRow) => Promise<void>;
}

const SETTERS = { avatar: setAvatar, header: setHeader } as const;

export function createProfilePictures({
  ownPictures,
  announceUpdated,
}: ProfilePicturesDeps): ProfilePictures {
  /** The row as it is then, if what is shown has changed. */
  async function write(
    transaction: SqlTransaction,
    { row, picture }: { readonly row: ProfilePicturesRow; readonly picture: ProfilePicture },
    { slot: { shown, nextId }, released }: SlotChange,
  ): Promise<AccountRow | undefined> {
    const before = slotOf(row, picture);
    const params = [row.user_id, shown?.mediaId ?? null, shown?.key ?? null, nextId] as const;
    const [after] = await transaction.query(SETTERS[picture], params);
    await ownPictures.release(transaction, released);
    return shown?.mediaId === before.shown?.mediaId ? undefined : after;
  }

  async function choose(
    transaction: SqlTransaction,
    row: ProfilePicturesRow,
    picture: ProfilePicture,
    mediaId: Id | null,
  ): Promise<boolean> {
    const before = slotOf(row, picture);
    if (mediaId !== null && !picturesOf(before).includes(mediaId)) {
      await ownPictures.choose(transaction, row.user_id, mediaId, picture);
    }
    return (await write(transaction, { row, picture }, chosen(before, mediaId))) !== undefined;
  }

  async function hear(transaction: SqlTransaction, { key, kind, payload }: LoggedEvent): Promise<void> {
    const picture = PROFILE_PICTURES.find((each) => each === payload['purpose']);
    if (picture === undefined || (kind !== 'cut' && kind !== 'failed')) return;
    // As the system of media has written it in every release so far.
    const media = payload['media'] as { readonly media_id: string; readonly key: string };
    const [row] = await transaction.query(lockProfilePictures, [key]);
    if (row === undefined) return;
    const before = slotOf(row, picture);
    const mediaId = Number(media.media_id);
    const change = kind === 'failed' ? failed(before, mediaId) : processed(before, mediaId, media.key);
    if (change.slot === before) return;
    const after = await write(transaction, { row, picture }, change);
    if (after !== undefined) await announceUpdated(transaction, after);
  }

  return {
    async choose(transaction, userId, choices) {
      if (PROFILE_PICTURES.every((picture) => choices[picture] === undefined)) return false;
      const [row] = await transaction.query(lockProfilePictures, [userId]);
      if (row === undefined) throw notFound('user');
      let isSeen = false;
      for (const picture of PROFILE_PICTURES) {
        const mediaId = choices[picture];
        if (mediaId !== undefined && (await choose(transaction, row, picture, mediaId))) isSeen = true;
      }
      return isSeen;
    },

    async releaseAll(transaction, userId) {
      const [row] = await transaction.query(lockProfilePictures, [userId]);
      if (row === undefined) return;
      await ownPictures.release(
        transaction,
        PROFILE_PICTURES.flatMap((picture) => picturesOf(slotOf(row, picture))),
      );
    },

    subscription: {
      group: 'profile-pictures',
      topics: [MEDIA_TOPIC],
      from: 'beginning',
      async handle(events, transaction) {
        for (const event of events) await hear(transaction, event);
      },
    },
  };
}

function slotOf(row: ProfilePicturesRow, picture: ProfilePicture): PictureSlot {
  const isAvatar = picture === 'avatar';
  const mediaId = isAvatar ? row.avatar_media_id : row.header_media_id;
  const key = isAvatar ? row.avatar_key : row.header_key;
  const shown = mediaId === null || key === null ? null : { mediaId, key };
  return { shown, nextId: isAvatar ? row.next_avatar_media_id : row.next_header_media_id };
}
