/** A picture that is chosen for a profile: seen at once, uploaded meanwhile, and sent with the rest of its form. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { remove as removeAt } from '../api/http.ts';
import { Problem, toProblem } from '../api/problem.ts';
import { randomKey } from '../api/random-key.ts';
import type { OwnMedia } from '../api/types.ts';
import { upload } from '../api/upload.ts';
import { problemWith, refusalOf } from '../posts/attachments/attachments.ts';
import { announce } from '../state/announcer.ts';

/** `kept`: what was there stays. */
export type ChosenPicture =
  | { readonly state: 'kept' | 'removed' }
  | { readonly state: 'uploading'; readonly preview: string; readonly share: number }
  | { readonly state: 'ready'; readonly preview: string; readonly mediaId: string }
  | { readonly state: 'failed'; readonly preview: string | null; readonly problem: Problem };

export interface PictureChoice {
  readonly chosen: ReadonlySignal<ChosenPicture>;
  choose(file: File): void;
  remove(): void;
  /** What was there stays after all. */
  keep(): void;
  /** Its id when it is uploaded, null to remove it, `undefined` where nothing is to be changed. Rejects with a Problem. */
  settled(): Promise<string | null | undefined>;
  /** It has been sent: from now on it is what is kept. */
  sent(): void;
}

export function createPictureChoice(): PictureChoice {
  const chosen = signal<ChosenPicture>({ state: 'kept' });
  let controller: AbortController | undefined;
  let sending: Promise<void> = Promise.resolve();

  /** What was uploaded in vain is gone in a day by itself; this is sooner. */
  function forget(): void {
    controller?.abort();
    const { value } = chosen;
    if (value.state === 'ready') void removeAt(`/media/${value.mediaId}`).catch(() => undefined);
    if ('preview' in value && value.preview !== null) URL.revokeObjectURL(value.preview);
  }

  async function send(file: File, preview: string, { signal }: AbortController): Promise<void> {
    const form = new FormData();
    form.append('file', file);
    try {
      const onProgress = (share: number) => {
        chosen.value = { state: 'uploading', preview, share };
      };
      const options = { idempotencyKey: randomKey(), signal, onProgress };
      const { media_id: mediaId } = await upload<OwnMedia>('/media', form, options);
      chosen.value = { state: 'ready', preview, mediaId };
    } catch (error) {
      if (signal.aborted) return;
      const problem = toProblem(error);
      fail(preview, new Problem(problemWith(file.name, problem), problem));
    }
  }

  function fail(preview: string | null, problem: Problem): void {
    chosen.value = { state: 'failed', preview, problem };
    announce(problem.message, { urgent: true });
  }

  return {
    chosen,
    choose(file) {
      forget();
      const refusal = refusalOf(file);
      if (refusal !== undefined) return fail(null, new Problem(refusal, { status: 422 }));
      const preview = URL.createObjectURL(file);
      chosen.value = { state: 'uploading', preview, share: 0 };
      controller = new AbortController();
      sending = send(file, preview, controller);
    },
    remove() {
      forget();
      chosen.value = { state: 'removed' };
    },
    keep() {
      forget();
      chosen.value = { state: 'kept' };
    },
    async settled() {
      await sending;
      const { value } = chosen;
      if (value.state === 'failed') throw value.problem;
      if (value.state === 'ready') return value.mediaId;
      return value.state === 'removed' ? null : undefined;
    },
    sent() {
      chosen.value = { state: 'kept' };
    },
  };
}
