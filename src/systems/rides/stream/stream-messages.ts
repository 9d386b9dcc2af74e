/** What is said to drivers over their stream, as JSON texts with a `type`. */
import type { DriverState } from '../drivers/driver-states.ts';
import type { DropReason } from '../positions/track.ts';

/** Why a stream ends. After `session_ended`, `removed` and `replaced` it is no use to come back; else, after a short while. */
export type StreamEnd =
  | 'closed'
  | 'session_ended'
  | 'removed'
  | 'replaced'
  | 'unresponsive'
  | 'slow'
  | 'bad_messages'
  | 'lost'
  | 'draining';

/** For clients that see no more of an end than this; in the range that is free for applications, but for the last. */
export const CLOSE_CODES: Readonly<Record<StreamEnd, number>> = {
  closed: 1000,
  session_ended: 4001,
  removed: 4003,
  unresponsive: 4004,
  slow: 4008,
  replaced: 4009,
  lost: 4010,
  bad_messages: 4400,
  // "Service restart".
  draining: 1012,
};

export type Dropped = Partial<Record<DropReason | 'elsewhere', number>>;

/** `sequence`: up to this number points need not be sent again; the next one has a higher. */
export function readyMessage(state: DriverState, sequence: number): string {
  return JSON.stringify({ type: 'ready', state, sequence });
}

/** Points up to `sequence` have been heard; what was dropped of them since the last such message, by its reason. */
export function ackMessage(sequence: number, dropped: Dropped): string {
  return JSON.stringify({ type: 'ack', sequence, dropped });
}

export function stateMessage(state: DriverState): string {
  return JSON.stringify({ type: 'state', state });
}

export function errorMessage(code: string, detail: string): string {
  return JSON.stringify({ type: 'error', code, detail });
}

export function endMessage(reason: StreamEnd): string {
  return JSON.stringify({ type: 'end', reason });
}
