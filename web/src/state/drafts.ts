/**
 * What is being written. A draft is kept in this browser until it is sent or deleted, with the idempotency key that all
 * attempts to send it share: a lost answer, a second tap or a reload never posts it twice.
 */
import { signal } from '@preact/signals';
import { createStore, del, entries, set } from 'idb-keyval';
import { newKey, patch, post } from '../api/http.ts';
import type { Post, Visibility } from '../api/types.ts';

/** A picture that is uploaded. */
export interface DraftPicture {
  readonly mediaId: string;
  readonly name: string;
  readonly alt: string;
}

export interface Draft {
  readonly key: string;
  readonly text: string;
  readonly contentWarning: string;
  readonly visibility: Visibility;
  readonly pictures: readonly DraftPicture[];
  /** The post that it answers, as it was shown. */
  readonly replyTo: Post | null;
  readonly changedAt: number;
}

const DRAFTS_MAX = 50;

/** The newest first. */
export const drafts = signal<readonly Draft[]>([]);
/** The post that was sent last, for the lists to which it belongs. */
export const lastSent = signal<Post | undefined>(undefined);

const store = createStore('groundswell', 'drafts');

export async function loadDrafts(): Promise<void> {
  const found = await entries<string, Draft>(store).catch(() => []);
  // Those of earlier releases have none.
  const known = found.map(([, draft]) => ({ ...draft, pictures: draft.pictures ?? [] }));
  drafts.value = known.sort((left, right) => right.changedAt - left.changedAt);
}

export function newDraft(replyTo: Post | null): Draft {
  const visibility = replyTo === null || replyTo.visibility === 'unlisted' ? 'public' : replyTo.visibility;
  const contentWarning = replyTo?.content_warning ?? '';
  return {
    key: newKey(),
    text: '',
    contentWarning,
    visibility,
    pictures: [],
    replyTo,
    changedAt: Date.now(),
  };
}

export function isWorthKeeping({ text, pictures }: Draft): boolean {
  return text.trim() !== '' || pictures.length > 0;
}

/** Resolves when it is on disk; where the browser keeps nothing it lives as long as the page. */
export async function saveDraft(draft: Draft): Promise<void> {
  const kept = [draft, ...drafts.value.filter(({ key }) => key !== draft.key)];
  drafts.value = kept.slice(0, DRAFTS_MAX);
  await Promise.all([
    set(draft.key, draft, store),
    ...kept.slice(DRAFTS_MAX).map(({ key }) => del(key, store)),
  ]).catch(() => undefined);
}

export async function deleteDraft(key: string): Promise<void> {
  drafts.value = drafts.value.filter((draft) => draft.key !== key);
  await del(key, store).catch(() => undefined);
}

/** A text that was changed after a try is another post, and has another key. */
export async function sendDraft(draft: Draft): Promise<Post> {
  await Promise.all(
    draft.pictures.map(({ mediaId, alt }) =>
      patch(`/media/${mediaId}`, { alt: alt.trim() === '' ? null : alt.trim() }),
    ),
  );
  const sent = await post<Post>(
    '/posts',
    {
      text: draft.text,
      visibility: draft.visibility,
      ...(draft.contentWarning.trim() !== '' && { content_warning: draft.contentWarning.trim() }),
      ...(draft.pictures.length > 0 && { media_ids: draft.pictures.map(({ mediaId }) => mediaId) }),
      ...(draft.replyTo !== null && { reply_to_id: draft.replyTo.post_id }),
    },
    { idempotencyKey: draft.key },
  );
  await deleteDraft(draft.key);
  lastSent.value = sent;
  return sent;
}
