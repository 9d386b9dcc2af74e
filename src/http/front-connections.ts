/**
 * Connections whose requests the front answers before Node's HTTP server sees them. A request and a response object with
 * their streams cost more than reading a plain head and writing a plain answer. With the first request that is not plain, or
 * that the front does not answer, the connection goes to the HTTP server for good, with all that has not been answered.
 */
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { plainRequestAt, type RequestHead } from './plain-request.ts';

/** It leads somewhere. Read before the next request is looked at, so it may be used again. */
export interface FrontAnswer {
  readonly status: number;
  readonly location: string;
  /** The others, names and values in turn: of answers that differ in nothing else the same array, for its text is kept. */
  readonly headers: readonly string[];
}

export function headersOf({ location, headers }: FrontAnswer): string[] {
  return ['Location', location, ...headers];
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
/** Who is idle for too long is found so often in that time: a timer of each connection costs 0.4 us a request. */
const IDLE_CHECKS = 10;

interface FrontConnection {
  /** Number of the check before it last did anything. */
  check: number;
  hasAnswer: boolean;
}

/** To be called before the server listens. */
export function acceptFrontConnections(server: Server, options: FrontConnectionsOptions): FrontConnections {
  const { firstRequestMs, keepAliveMs, clock } = options;
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]; // Those of an http.Server.
  const kept = new Map<Socket, FrontConnection>();
  const textOf = createTexts(keepAliveMs, clock);
  const checkMs = Math.min(firstRequestMs, keepAliveMs) / IDLE_CHECKS;
  const checking = setInterval(endIdle, checkMs).unref();
  let check = 0;
  let draining = false;

  function endIdle(): void {
    check += 1;
    for (const [socket, { check: last, hasAnswer }] of kept) {
      if ((check - last) * checkMs > (hasAnswer ? keepAliveMs : firstRequestMs)) socket.destroy();
    }
  }

  server.on('close', () => clearInterval(checking));
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const connection: FrontConnection = { check, hasAnswer: false };
    const destroy = (): void => void socket.destroy();
    const end = (): void => socket.destroySoon();
    const forget = (): void => void kept.delete(socket);
    const heard = { data: read, end, error: destroy, close: forget };

    function keep(): void {
      connection.check = check;
      kept.set(socket, connection);
    }

    /** `asked`: the front has been asked for the first request of the rest, in vain. */
    function handOver(rest: Buffer, asked: boolean): void {
      if (asked) options.refused(socket);
      for (const [event, listener] of Object.entries(heard)) socket.off(event, listener);
      forget();
      if (rest.length > 0) socket.unshift(rest);
      for (const listener of listeners) listener.call(server, socket);
    }

    function send(answers: string): void {
      connection.check = check;
      connection.hasAnswer = true;
      if (socket.write(answers, 'latin1')) return;
      // Whoever does not read what they are sent is sent no more.
      socket.pause();
      socket.once('drain', () => {
        connection.check = check;
        socket.resume();
      });
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
      keep();
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

    keep();
    for (const [event, listener] of Object.entries(heard)) socket.on(event, listener);
  });

  return {
    drain(idleMs) {
      draining = true;
      setTimeout(() => {
        for (const socket of kept.keys()) socket.destroySoon();
      }, idleMs).unref();
    },
  };
}

/** All of an answer but its location is the same text as long as the second is the same, as in Node's HTTP server. */
function createTexts(keepAliveMs: number, clock: Pick<Clock, 'nowMs'>): (answer: FrontAnswer) => string {
  const always = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
  let last = { status: 0, headers: NO_HEADERS, second: 0, before: '', after: '' };

  function around({ status, headers }: FrontAnswer, second: number): typeof last {
    let after = '\r\n';
    for (let index = 0; index < headers.length; index += 2)
      after += `${headers[index]}: ${headers[index + 1]}\r\n`;
    after += `Date: ${new Date(second * 1_000).toUTCString()}\r\n${always}`;
    return {
      status,
      headers,
      second,
      before: `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nLocation: `,
      after,
    };
  }

  return (answer) => {
    const second = Math.floor(clock.nowMs() / 1_000);
    const { status, headers, location } = answer;
    if (status !== last.status || headers !== last.headers || second !== last.second)
      last = around(answer, second);
    return last.before + location + last.after;
  };
}

const NO_HEADERS: readonly string[] = [];
