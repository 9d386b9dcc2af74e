/** The stream of one driver: what they send is read and judged here, and how fast they may, and what is sent to them. */
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { decodePoints } from '../positions/binary-points.ts';
import { parsePoints } from '../positions/json-points.ts';
import type { LastPosition } from '../positions/position-history.ts';
import type { PointBatch, ReportedPoint } from '../positions/reported-point.ts';
import { checkBatch, createTrack, type DropReason } from '../positions/track.ts';
import {
  ackMessage,
  CLOSE_CODES,
  type Dropped,
  endMessage,
  errorMessage,
  type StreamEnd,
} from './stream-messages.ts';

/** In each stretch of MESSAGES_WINDOW_MS: a point a second, and all that waited for a connection. */
export const MESSAGES_MAX = 100;
export const MESSAGES_WINDOW_MS = 10_000;
/** Messages that are not understood, or too many, before the stream is closed. */
export const FAULTS_MAX = 5;
/** Of what is sent, beyond what the system takes: a thousand messages. */
export const BUFFERED_BYTES_MAX = 64 * 1_024;
/** Whoever does not take the farewell by then is cut off. */
const FAREWELL_MS = 2_000;

export interface DriverStream {
  readonly sessionId: Id;
  /** Among those of this process, which take turns. */
  readonly place: number;
  /** The highest number of a point so far. */
  readonly sequence: number;
  /** The last point that was believed. */
  readonly last: ReportedPoint | undefined;
  send(text: string): void;
  /** Tells of what was heard since it was last told. */
  acknowledge(): void;
  ping(): void;
  /** Whether nothing was heard for so long. */
  isSilent(forMs: number): boolean;
  /** Says why and closes. Only the first time counts. */
  end(reason: StreamEnd): void;
  readonly endReason: StreamEnd | undefined;
}

export interface DriverStreamOptions {
  readonly sessionId: Id;
  readonly place: number;
  /** Where to go on. */
  readonly known: LastPosition | undefined;
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly clock: Clock;
  /** Called with each point that is believed. Answers whether it counts: outside of all cities it does not. */
  readonly onPoint: (point: ReportedPoint, sequence: number) => boolean;
  readonly onDropped: (reason: DropReason | 'elsewhere') => void;
}

export function openDriverStream(options: DriverStreamOptions): DriverStream {
  const { sessionId, place, webSocket, socket, clock } = options;
  const track = createTrack(options.known);
  const admit = createAdmission(clock);
  let heardMs = clock.monotonicMs();
  let faults = 0;
  let dropped: Dropped = {};
  let acknowledged = true;
  let endReason: StreamEnd | undefined;

  function drop(reason: DropReason | 'elsewhere'): void {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    options.onDropped(reason);
  }

  function take({ sequence, points }: PointBatch): void {
    const nowMs = clock.nowMs();
    acknowledged = false;
    for (let index = 0; index < points.length; index += 1) {
      const point = points[index] as ReportedPoint; // Within its bounds.
      const verdict = track.judge(sequence + index, point, nowMs);
      if (verdict !== 'accepted') drop(verdict);
      else if (!options.onPoint(point, sequence + index)) drop('elsewhere');
    }
  }

  function receive(data: RawData, isBinary: boolean): void {
    heardMs = clock.monotonicMs();
    if (endReason !== undefined) return;
    try {
      admit();
      // Never a list of pieces: that is how they come only when asked for.
      const batch = isBinary ? decodePoints(data as Buffer) : parsePoints(String(data));
      checkBatch(batch, track.sequence);
      take(batch);
    } catch (error) {
      refuse(error);
    }
  }

  function refuse(error: unknown): void {
    if (!(error instanceof AppError)) throw error;
    stream.send(errorMessage(error.code, error.message));
    faults += 1;
    if (faults >= FAULTS_MAX) stream.end('bad_messages');
  }

  const stream: DriverStream = {
    ...{ sessionId, place },
    get sequence() {
      return track.sequence;
    },
    get last() {
      return track.last;
    },
    get endReason() {
      return endReason;
    },

    send(text) {
      if (endReason !== undefined || socket.destroyed) return;
      if (socket.writableLength > BUFFERED_BYTES_MAX) return stream.end('slow');
      webSocket.send(text);
    },

    acknowledge() {
      if (acknowledged) return;
      acknowledged = true;
      stream.send(ackMessage(track.sequence, dropped));
      dropped = {};
    },

    ping() {
      if (endReason === undefined && !socket.destroyed) webSocket.ping();
    },

    isSilent: (forMs) => clock.monotonicMs() - heardMs > forMs,

    end(reason) {
      if (endReason !== undefined) return;
      endReason = reason;
      if (socket.destroyed) return;
      webSocket.send(endMessage(reason));
      webSocket.close(CLOSE_CODES[reason], reason);
      const cut = setTimeout(() => socket.destroy(), FAREWELL_MS);
      socket.once('close', () => clearTimeout(cut));
    },
  };
  webSocket.on('message', receive);
  webSocket.on('pong', () => {
    heardMs = clock.monotonicMs();
  });
  // What the client did wrong is in the close code that the library has sent.
  webSocket.on('error', () => undefined);
  return stream;
}

/** Fails with `rate_limited` for one message too many. */
function createAdmission(clock: Pick<Clock, 'monotonicMs'>): () => void {
  let windowMs = Number.NEGATIVE_INFINITY;
  let received = 0;
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowMs >= MESSAGES_WINDOW_MS) [windowMs, received] = [nowMs, 0];
    received += 1;
    if (received <= MESSAGES_MAX) return;
    const seconds = MESSAGES_WINDOW_MS / 1_000;
    throw new AppError(
      'rate_limited',
      `At most ${MESSAGES_MAX} messages in ${seconds} s: gather your points.`,
    );
  };
}
