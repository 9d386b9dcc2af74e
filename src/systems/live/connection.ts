/**
 * One connection: what is sent to it, and how much may wait. Frames go to the socket as they are, those of one turn of
 * the event loop in few writes. A client that does not keep up is cut off, with the reason: it resumes later, from where it was.
 */
import type { Socket } from 'node:net';
import type { Id } from '../../core/ids.ts';
import type { Viewer } from './audience.ts';
import { Frame } from './frame.ts';

/** Of one connection, beyond what the system takes (some megabytes): half a thousand posts. */
export const BUFFERED_BYTES_MAX = 512 * 1_024;
export const BUFFERED_FRAMES_MAX = 1_000;
/** Of one turn, in one write. */
const WRITTEN_BYTES = 64 * 1_024;

/** Why a connection ends. Clients act on it: after `session_ended` and `account_closed` it is no use to come back. */
export type EndReason =
  | 'slow'
  | 'unresponsive'
  | 'session_ended'
  | 'account_closed'
  | 'replaced'
  | 'bad_messages'
  | 'draining'
  | 'failed';

/** The two ways over which events go. */
export interface Transport {
  readonly kind: 'websocket' | 'event_stream';
  readonly socket: Socket;
  bytesOf(frame: Frame): Buffer;
  /** Says good-bye in the way of the transport, and lets the socket go when it has been sent. */
  finish(reason: EndReason): void;
}

/** A user who watches at this process. */
export interface Reader extends Viewer {
  /** The oldest first. */
  readonly connections: Set<LiveConnection>;
}

export interface LiveConnection {
  readonly reader: Reader;
  readonly sessionId: Id;
  readonly transport: Transport['kind'];
  /** Opened by the user, and not by a program with a key of theirs. */
  readonly isPerson: boolean;
  /** Frames of events wait from now on, until `release`. */
  hold(): void;
  release(): void;
  /** What was held waits on: this goes first. */
  sendNow(frame: Frame): void;
  send(frame: Frame): void;
  /** As it is. */
  write(bytes: Buffer): void;
  /** Resolves when the client has taken most of what was sent; or the connection is closed. */
  drained(): Promise<void>;
  end(reason: EndReason, farewell?: Frame): void;
  /** At once. */
  destroy(): void;
  readonly closed: boolean;
  readonly held: boolean;
  /** Has bytes that wait to be sent. */
  isWaiting(): boolean;
}

export interface ConnectionOptions {
  readonly reader: Reader;
  readonly sessionId: Id;
  readonly transport: Transport;
  readonly isPerson: boolean;
  readonly gather: Gather;
  readonly onSent: (event: string) => void;
  readonly onEnd: (reason: EndReason) => void;
}

/** Calls the function when this turn of the event loop is over; together with those of all other connections. */
export type Gather = (flush: () => void) => void;

export function createGather(): Gather {
  let flushes: (() => void)[] = [];
  const flushAll = (): void => {
    const due = flushes;
    flushes = [];
    for (const flush of due) flush();
  };
  return (flush) => {
    if (flushes.push(flush) === 1) queueMicrotask(flushAll);
  };
}

/** Whoever does not take the farewell by then is cut off. */
const FAREWELL_MS = 2_000;

export function createConnection(options: ConnectionOptions): LiveConnection {
  const { reader, sessionId, transport, gather, onSent, onEnd } = options;
  const { socket } = transport;
  let held: Frame[] | undefined;
  /** Frames of this turn, which go out in one system call. */
  const fresh: Buffer[] = [];
  let freshBytes = 0;
  /** Frames since the socket last had nothing to send. */
  let waiting = 0;
  let ended = false;

  function write(bytes: Buffer): void {
    if (ended || socket.destroyed) return;
    // Whoever takes at once what is written is not slow, however much there is in one turn.
    if (freshBytes + bytes.length > WRITTEN_BYTES) flush();
    const waitingBytes = socket.writableLength + freshBytes;
    waiting = waitingBytes === 0 ? 0 : waiting + 1;
    if (waiting >= BUFFERED_FRAMES_MAX || waitingBytes + bytes.length > BUFFERED_BYTES_MAX) {
      connection.end('slow');
      return;
    }
    freshBytes += bytes.length;
    if (fresh.push(bytes) === 1) gather(flush);
  }

  function flush(): void {
    const [only] = fresh;
    if (only === undefined || socket.destroyed) return;
    if (fresh.length === 1) socket.write(only);
    else {
      socket.cork();
      for (const bytes of fresh) socket.write(bytes);
      socket.uncork();
    }
    fresh.length = 0;
    freshBytes = 0;
  }

  function sendNow(frame: Frame): void {
    write(transport.bytesOf(frame));
    onSent(frame.event);
  }

  const connection: LiveConnection = {
    reader,
    sessionId,
    transport: transport.kind,
    isPerson: options.isPerson,
    write,
    sendNow,
    get closed() {
      return ended || socket.destroyed;
    },
    get held() {
      return held !== undefined;
    },
    isWaiting: () => socket.writableLength + freshBytes > 0,

    hold() {
      held ??= [];
    },

    release() {
      const frames = held ?? [];
      held = undefined;
      for (const frame of frames) sendNow(frame);
    },

    send(frame) {
      if (held === undefined) return sendNow(frame);
      held.push(frame);
      if (held.length > BUFFERED_FRAMES_MAX) connection.end('slow');
    },

    drained() {
      flush();
      if (ended || socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.on('drain', done);
        socket.on('close', done);
      });
    },

    end(reason, farewell = new Frame('end', JSON.stringify({ reason }))) {
      if (ended) return;
      ended = true;
      held = undefined;
      if (!socket.destroyed) {
        flush();
        socket.write(transport.bytesOf(farewell));
        transport.finish(reason);
        const cut = setTimeout(() => socket.destroy(), FAREWELL_MS);
        socket.once('close', () => clearTimeout(cut));
      }
      onEnd(reason);
    },

    destroy() {
      socket.destroy();
    },
  };
  return connection;
}
