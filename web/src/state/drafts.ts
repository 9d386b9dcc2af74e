/**
 * What is being written, and what waits to be sent. A draft is kept in this browser until it is sent or deleted, with the
 * idempotency key that all attempts to send it share: a lost answer, a second tap or a reload never posts it twice. Only
 * who wrote it sees it.
 */
import { computed, signal } from '@preact/signals';
import { createStore, del, entries, get, set } from 'idb-keyval';
import { newKey, patch, post } from '../api/http.ts';
import type { Post, Visibility } from '../api/types.ts';
import { me } from './session.ts';

/** A picture that is uploaded. */
export interface DraftPicture {
  readonly mediaId: string;
  readonly name: string;
  readonly alt: string;
}

export interface Draft {
  readonly key: string;
  readonly userId: string;
  readonly text: string;
  readonly contentWarning: string;
  readonly visibility: Visibility;
  readonly pictures: readonly DraftPicture[];
  /** The post that it answers, as it was shown. */
  readonly replyTo: Post | null;
  readonly changedAt: number;
  /** When it was first sent without an answer. It may have arrived: with another text it is another post. */
  readonly triedAt: number | null;
  /** It is sent by itself once the server is back. */
  readonly isWaiting: boolean;
}

const DRAFTS_MAX = 50;

/** The newest first. */
export const drafts = signal<readonly Draft[]>([]);
export const waitingDrafts = computed(() => drafts.value.filter(({ isWaiting }) => isWaiting));
/** The post that was sent last, for the lists to which it belongs. */
export const lastSent = signal<Post | undefined>(undefined);

const store = createStore('groundswell', 'drafts');

export async function loadDrafts(): Promise<void> {
  const found = await entries<string, Draft>(store).catch(() => undefined);
  if (found === undefined) return;
  const own = found.map(([, draft]) => draft).filter(({ userId }) => userId === me.value?.user_id);
  drafts.value = own.sort((left, right) => right.changedAt - left.changedAt);
}

export function newDraft(replyTo: Post | null): Draft {
  const visibility = replyTo === null || replyTo.visibility === 'unlisted' ? 'public' : replyTo.visibility;
  const contentWarning = replyTo?.content_warning ?? '';
  return {
    key: newKey(),
    userId: me.value?.user_id ?? '',
    text: '',
    contentWarning,
    visibility,
    pictures: [],
    replyTo,
    changedAt: Date.now(),
    triedAt: null,
    isWaiting: false,
  };
}

export function isWorthKeeping({ text, pictures }: Draft): boolean {
  return text.trim() !== '' || pictures.length > 0;
}

/** As it is by now: another tab may have changed, sent or deleted it. */
export async function readDraft(key: string): Promise<Draft | undefined> {
  const known = drafts.value.find((draft) => draft.key === key);
  return get<Draft>(key, store).catch(() => known);
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

/** All of who is signed in. */
export async function deleteDrafts(): Promise<void> {
  await loadDrafts();
  await Promise.all(drafts.value.map(({ key }) => deleteDraft(key)));
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
