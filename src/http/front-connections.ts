/**
 * Connections whose requests the front answers before Node's HTTP server sees them. A request and a response object with
 * their streams cost more than reading a plain head and writing a plain answer. With the first request that is not plain, or
 * that the front does not answer, the connection goes to the HTTP server for good, with all that has not been answered.
 */
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { plainRequestAt, type RequestHead } from './plain-request.ts';

export interface FrontAnswer {
  readonly status: number;
  /** Names and values in turn. Read before the next request is looked at, so it may be used again. */
  readonly headers: string[];
}

export interface FrontConnectionsOptions {
  /** At once, or when something is loaded; `undefined`: the HTTP server answers. Never rejects. */
  answer(request: RequestHead<Socket>): FrontAnswer | Promise<FrontAnswer | undefined> | undefined;
  /** The HTTP server will get a request of this connection for which `answer` had nothing, and need not ask again. */
  refused(socket: Socket): void;
  /** By then the first request must be there. */
  readonly firstRequestMs: number;
  readonly keepAliveMs: number;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface FrontConnections {
  /** From now on the HTTP server gets every request. Connections from which none comes are closed after `idleMs`. */
  drain(idleMs: number): void;
}

/** What comes at once and is more than so many bytes has not come from a browser that opens a link. */
const PLAIN_BYTES_MAX = 4_096;

/** To be called before the server listens. */
export function acceptFrontConnections(server: Server, options: FrontConnectionsOptions): FrontConnections {
  const { firstRequestMs, keepAliveMs, clock } = options;
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]; // Those of an http.Server.
  const kept = new Set<Socket>();
  const dateOf = createDates();
  const always = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
  let draining = false;

  function textOf({ status, headers }: FrontAnswer): string {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
    for (let index = 0; index < headers.length; index += 2) {
      text += `${headers[index]}: ${headers[index + 1]}\r\n`;
    }
    return `${text}Date: ${dateOf(clock.nowMs())}\r\n${always}`;
  }

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    let isNew = true;
    const destroy = (): void => void socket.destroy();
    const end = (): void => socket.destroySoon();
    const forget = (): void => void kept.delete(socket);
    const heard = { data: read, end, error: destroy, timeout: destroy, close: forget };

    /** `asked`: the front has been asked for the first request of the rest, in vain. */
    function handOver(rest: Buffer, asked: boolean): void {
      if (asked) options.refused(socket);
      for (const [event, listener] of Object.entries(heard)) socket.off(event, listener);
      forget();
      socket.setTimeout(0);
      if (rest.length > 0) socket.unshift(rest);
      for (const listener of listeners) listener.call(server, socket);
    }

    function send(answers: string): void {
      if (isNew) {
        isNew = false;
        socket.setTimeout(keepAliveMs);
      }
      if (socket.write(answers, 'latin1')) return;
      // Whoever does not read what they are sent is sent no more.
      socket.pause();
      socket.once('drain', () => socket.resume());
    }

    async function sendLoaded(
      loaded: Promise<FrontAnswer | undefined>,
      rest: Buffer,
      bytes: number,
    ): Promise<void> {
      socket.pause();
      forget();
      const answer = await loaded;
      if (socket.destroyed) return;
      kept.add(socket);
      socket.resume();
      if (answer === undefined) return handOver(rest, true);
      send(textOf(answer));
      if (rest.length > bytes) read(rest.subarray(bytes));
      else if (draining) end();
    }

    function read(chunk: Buffer): void {
      const text = chunk.length > PLAIN_BYTES_MAX ? '' : chunk.toString('latin1');
      let answers = '';
      let at = 0;
      do {
        const request = draining ? undefined : plainRequestAt(text, at, socket);
        const answer = request && options.answer(request);
        if (request !== undefined && answer !== undefined && !(answer instanceof Promise)) {
          answers += textOf(answer);
          at = request.end;
          continue;
        }
        if (answers !== '') send(answers);
        const rest = chunk.subarray(at);
        if (request !== undefined && answer instanceof Promise)
          void sendLoaded(answer, rest, request.end - at);
        else handOver(rest, request !== undefined);
        return;
      } while (at < text.length);
      send(answers);
    }

    kept.add(socket);
    socket.setTimeout(firstRequestMs);
    for (const [event, listener] of Object.entries(heard)) socket.on(event, listener);
  });

  return {
    drain(idleMs) {
      draining = true;
      setTimeout(() => {
        for (const socket of kept) socket.destroySoon();
      }, idleMs).unref();
    },
  };
}

/** As of Node's HTTP server: a second has one text. */
function createDates(): (nowMs: number) => string {
  let second = Number.NaN;
  let text = '';
  return (nowMs) => {
    const current = Math.floor(nowMs / 1_000);
    if (current !== second) {
      second = current;
      text = new Date(nowMs).toUTCString();
    }
    return text;
  };
}
