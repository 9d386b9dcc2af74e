/** The pictures of a post that is being written. Each is uploaded at once, and its description goes along when it is sent. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { get, newKey, remove as removeAt } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { OwnMedia } from '../../api/types.ts';
import { upload } from '../../api/upload.ts';
import { announce } from '../../state/announcer.ts';
import type { DraftPicture } from '../../state/drafts.ts';

export const ATTACHMENTS_MAX = 4;
export const ALT_LENGTH_MAX = 1_500;
export const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'] as const;
export const LIMITS = `Up to ${ATTACHMENTS_MAX} pictures: JPEG, PNG, WebP, AVIF or GIF, at most 20 MB each.`;
const BYTES_MAX = 20 * 1_048_576;

export interface Attachment {
  /** Of all attempts to upload it. */
  readonly key: string;
  readonly name: string;
  readonly alt: string;
  readonly state: 'uploading' | 'ready' | 'failed';
  /** How much of it is sent, from 0 to 1. */
  readonly share: number;
  readonly mediaId: string | null;
  readonly preview: string | null;
  readonly problem: Problem | null;
}

export interface Attachments {
  readonly list: ReadonlySignal<readonly Attachment[]>;
  /** Why the last files were not taken. */
  readonly refusal: ReadonlySignal<string>;
  add(files: readonly File[]): void;
  retry(key: string): void;
  /** Cancels it, too, while it is being uploaded. */
  remove(key: string): void;
  move(key: string, step: -1 | 1): void;
  describe(key: string, alt: string): void;
  close(): void;
}

/** With those that a draft has kept. */
export function createAttachments(kept: readonly DraftPicture[]): Attachments {
  const list = signal<readonly Attachment[]>(kept.map(ofDraft));
  const refusal = signal('');
  const files = new Map<string, File>();
  const uploads = new Map<string, AbortController>();
  for (const { mediaId, key } of list.value) if (mediaId !== null) void show(key, mediaId);

  function change(key: string, part: Partial<Attachment>): void {
    list.value = list.value.map((each) => (each.key === key ? { ...each, ...part } : each));
  }

  /** Of a draft: it may be gone by now. */
  async function show(key: string, mediaId: string): Promise<void> {
    try {
      const media = await get<OwnMedia>(`/media/${mediaId}`);
      change(key, { preview: media.state === 'ready' ? media.thumbnail_url : null });
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status === 404) change(key, { state: 'failed', mediaId: null, problem });
    }
  }

  async function send(key: string): Promise<void> {
    const file = files.get(key);
    if (file === undefined) return;
    const form = new FormData();
    form.append('file', file);
    const controller = new AbortController();
    uploads.set(key, controller);
    change(key, { state: 'uploading', share: 0, problem: null });
    try {
      const media = await upload<OwnMedia>('/media', form, {
        idempotencyKey: key,
        signal: controller.signal,
        onProgress: (share) => change(key, { share }),
      });
      change(key, { state: 'ready', share: 1, mediaId: media.media_id });
      announce(`${file.name} is uploaded.`);
    } catch (error) {
      if (controller.signal.aborted) return;
      const problem = toProblem(error);
      change(key, { state: 'failed', problem });
      announce(problemWith(file.name, problem), { urgent: true });
    } finally {
      uploads.delete(key);
    }
  }

  return {
    list,
    refusal,

    add(added) {
      const taken = added.filter((file) => refusalOf(file) === undefined);
      const room = ATTACHMENTS_MAX - list.value.length;
      const problems = added.map(refusalOf).filter((text) => text !== undefined);
      if (taken.length > room) problems.push(`A post takes ${ATTACHMENTS_MAX} pictures at most.`);
      refusal.value = problems.join(' ');
      if (problems.length > 0) announce(refusal.value, { urgent: true });
      for (const file of taken.slice(0, Math.max(0, room))) {
        const key = newKey();
        files.set(key, file);
        list.value = [...list.value, ofFile(key, file)];
        void send(key);
      }
    },

    retry(key) {
      void send(key);
    },

    remove(key) {
      const found = list.value.find((each) => each.key === key);
      uploads.get(key)?.abort();
      list.value = list.value.filter((each) => each.key !== key);
      refusal.value = '';
      files.delete(key);
      forgetPreview(found);
      // Nobody sees it, and in a day it is gone by itself.
      if (found?.mediaId != null) void removeAt(`/media/${found.mediaId}`).catch(() => undefined);
    },

    move(key, step) {
      const from = list.value.findIndex((each) => each.key === key);
      const to = from + step;
      const moved = list.value[from];
      if (moved === undefined || to < 0 || to >= list.value.length) return;
      const others = list.value.filter((each) => each.key !== key);
      list.value = [...others.slice(0, to), moved, ...others.slice(to)];
      announce(`Picture ${to + 1} of ${list.value.length}.`);
    },

    describe(key, alt) {
      change(key, { alt });
    },

    close() {
      for (const controller of uploads.values()) controller.abort();
      list.value.forEach(forgetPreview);
    },
  };
}

/** What a draft keeps of them. */
export function keptOf(list: readonly Attachment[]): DraftPicture[] {
  return list.flatMap(({ mediaId, alt, name }) => (mediaId === null ? [] : [{ mediaId, alt, name }]));
}

function ofDraft({ mediaId, alt, name }: DraftPicture): Attachment {
  return { key: newKey(), name, alt, state: 'ready', share: 1, mediaId, preview: null, problem: null };
}

function ofFile(key: string, file: File): Attachment {
  const preview = URL.createObjectURL(file);
  return {
    key,
    name: file.name,
    alt: '',
    state: 'uploading',
    share: 0,
    mediaId: null,
    preview,
    problem: null,
  };
}

/** Why a file cannot be a picture here; `undefined`: it can, as far as can be seen. */
export function refusalOf({ name, type, size }: File): string | undefined {
  if (!TYPES.some((each) => each === type)) return `${name} is no picture that can be taken.`;
  if (size === 0) return `${name} is empty.`;
  if (size > BYTES_MAX) return `${name} is larger than 20 MB.`;
  return undefined;
}

/** Of a file that was not taken: one sentence with its name. */
export function problemWith(name: string, { errors: [first], message }: Problem): string {
  return first?.field === 'file' ? `${name} ${first.message}` : `${name}: ${message}`;
}

function forgetPreview(attachment: Attachment | undefined): void {
  const preview = attachment?.preview;
  if (preview?.startsWith('blob:')) URL.revokeObjectURL(preview);
}
