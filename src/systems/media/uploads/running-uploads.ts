/** How many uploads one person has running in this process: each holds a place in the store for as long as it takes. */
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';

/** Far more than an app sends at a time, far fewer than the store takes. */
export const UPLOADS_EACH_MAX = 32;

export interface RunningUploads {
  /** Runs it, unless too many of the owner's are running: then fails with `rate_limited`. */
  run<Result>(ownerId: Id, upload: () => Promise<Result>): Promise<Result>;
}

export function createRunningUploads(): RunningUploads {
  const counts = new Map<Id, number>();
  return {
    async run(ownerId, upload) {
      const count = counts.get(ownerId) ?? 0;
      if (count >= UPLOADS_EACH_MAX) throw tooMany();
      counts.set(ownerId, count + 1);
      try {
        return await upload();
      } finally {
        const left = (counts.get(ownerId) ?? 1) - 1;
        if (left === 0) counts.delete(ownerId);
        else counts.set(ownerId, left);
      }
    },
  };
}

function tooMany(): AppError {
  const message = `You are sending ${UPLOADS_EACH_MAX} pictures at this moment. Wait until one of them is there.`;
  return new AppError('rate_limited', message, { retryAfterS: 1, outcome: 'not_applied' });
}
