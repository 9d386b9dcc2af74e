import type { EndReason, Transport } from './connection.ts';

/** How a resume went: from memory, from the log, nothing was missed, or why there is a gap. */
export type ResumeOutcome = 'memory' | 'log' | 'nothing' | GapReason;

/** Why a client must read again what it shows. */
export type GapReason = 'too_many' | 'too_old' | 'unknown_id' | 'missed';

/** What metrics want to know. Called synchronously; must not throw. */
export interface LiveObserver {
  opened(transport: Transport['kind']): void;
  closed(transport: Transport['kind']): void;
  sent(event: string): void;
  ended(reason: EndReason): void;
  resumed(outcome: ResumeOutcome, events: number): void;
  /** From the commit of what it tells, or nearly so, to the sockets of all receivers. */
  delivered(event: string, latencyMs: number): void;
}
