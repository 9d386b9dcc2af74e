/**
 * One place for a picture on a profile: what is shown there, and what was chosen to follow it. A choice is shown when it
 * has been processed; until then, and if that fails, what was there before stays.
 */
import type { Id } from '../../../core/ids.ts';

export interface PictureSlot {
  readonly shown: { readonly mediaId: Id; readonly key: string } | null;
  readonly nextId: Id | null;
}

export interface SlotChange {
  readonly slot: PictureSlot;
  /** Nobody needs them any more. */
  readonly released: readonly Id[];
}

export const EMPTY_SLOT: PictureSlot = { shown: null, nextId: null };

/** Null: no picture. */
export function chosen(slot: PictureSlot, mediaId: Id | null): SlotChange {
  if (mediaId === null) return { slot: EMPTY_SLOT, released: picturesOf(slot) };
  const { shown, nextId } = slot;
  const released = nextId === null || nextId === mediaId ? [] : [nextId];
  return { slot: { shown, nextId: mediaId === shown?.mediaId ? null : mediaId }, released };
}

/** Changes nothing for what was not chosen, or not last. */
export function processed(slot: PictureSlot, mediaId: Id, key: string): SlotChange {
  if (slot.nextId !== mediaId) return { slot, released: [] };
  const released = slot.shown === null ? [] : [slot.shown.mediaId];
  return { slot: { shown: { mediaId, key }, nextId: null }, released };
}

/** What failed is its owner's to look at, and swept later. */
export function failed(slot: PictureSlot, mediaId: Id): SlotChange {
  return { slot: slot.nextId === mediaId ? { ...slot, nextId: null } : slot, released: [] };
}

export function picturesOf({ shown, nextId }: PictureSlot): Id[] {
  return [shown?.mediaId ?? null, nextId].filter((id) => id !== null);
}
