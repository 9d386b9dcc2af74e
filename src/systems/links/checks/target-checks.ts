/** Looks after the targets of links: whether they are there. */
import type { Job } from '../../../core/job.ts';
import { createOwnNetwork } from './own-network.ts';
import { createTargetChecker, type TargetCheckerDeps } from './target-checker.ts';
import { createUnnotedLinks, type UnnotedLinksDeps } from './unnoted-links.ts';

const EVERY_MS = 1_000;

export interface TargetChecks {
  readonly jobs: readonly Job[];
  /** Waits for requests that are being made. */
  close(): Promise<void>;
}

export function createTargetChecks(
  deps: Omit<TargetCheckerDeps, 'ownNetwork'> & UnnotedLinksDeps,
): TargetChecks {
  const checker = createTargetChecker({ ...deps, ownNetwork: createOwnNetwork(deps) });
  const unnoted = createUnnotedLinks(deps);
  return {
    jobs: [
      {
        name: 'note-link-targets',
        everyMs: EVERY_MS,
        async run() {
          await unnoted.noteNewest();
          await unnoted.walk();
          return 'done';
        },
      },
      {
        name: 'check-link-targets',
        everyMs: EVERY_MS,
        async run() {
          await checker.checkDue();
          return 'done';
        },
      },
    ],
    close: () => checker.close(),
  };
}
