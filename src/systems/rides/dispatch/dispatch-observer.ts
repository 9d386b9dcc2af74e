import type { BatchOutcome } from './batch-log.ts';

/** What metrics want to know. Called synchronously; must not throw. */
export interface DispatchObserver {
  /** `written`: its offers were made. `idle`: there were none to make. `fenced`: another process leads the city. */
  batch(outcome: BatchOutcome, durationMs: number): void;
  offered(offers: number): void;
  /** A request was offered to somebody for the first time, so long after it was made. */
  reached(waitedMs: number): void;
  /** Requests of a batch that nobody was found for. */
  unassigned(requests: number): void;
  /** Requests of a batch that were assigned one by one, because time was over. */
  hurried(requests: number): void;
  lease(change: 'gained' | 'lost'): void;
}
