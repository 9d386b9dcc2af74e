/** One keep-alive connection: a request, its answer, the next request. Opens itself again when it was closed. */

import { connect, type Socket } from 'node:net';
import { createHttpResponseParser, type HttpResponse } from './http-response-parser.ts';

export interface HttpConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** How long the server may stay silent while a request is outstanding. */
  readonly timeoutMs: number;
}

export interface HttpConnection {
  /** Connects now, so that the first request need not. */
  open(): Promise<void>;
  /** Sends a whole request. One at a time. Fails with `HttpConnectionError`. */
  send(request: string): Promise<HttpResponse>;
  /** For good; what is outstanding fails. */
  close(): void;
}

/** No answer. `code` is the system's (`ECONNREFUSED`, `ECONNRESET`, …), `timeout`, `closed` or `protocol`. */
export class HttpConnectionError extends Error {
  override readonly name = 'HttpConnectionError';
  readonly code: string;
  /** Whether any of the request may have reached the server. */
  readonly sent: boolean;

  constructor(code: string, sent: boolean, cause?: unknown) {
    super(`no answer: ${code}${sent ? '' : ' (nothing was sent)'}`, { cause });
    this.code = code;
    this.sent = sent;
  }
}

interface Outstanding {
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: HttpConnectionError) => void;
}

export function createHttpConnection({ host, port, timeoutMs }: HttpConnectionOptions): HttpConnection {
  let socket: Socket | undefined;
  let outstanding: Outstanding | undefined;
  let parser = createHttpResponseParser();
  let closed = false;

  function settle(response: HttpResponse): void {
    const waiting = outstanding;
    outstanding = undefined;
    if (!response.keepAlive) drop();
    waiting?.resolve(response);
  }

  function drop(): void {
    socket?.destroy();
    socket = undefined;
  }

  function failWith(code: string, cause?: unknown): void {
    const waiting = outstanding;
    outstanding = undefined;
    drop();
    waiting?.reject(new HttpConnectionError(code, true, cause));
  }

  function receive(chunk: Buffer): void {
    if (outstanding === undefined) {
      failWith('protocol');
      return;
    }
    try {
      const response = parser.push(chunk);
      if (response !== undefined) settle(response);
    } catch (error) {
      failWith('protocol', error);
    }
  }

  function attach(opened: Socket): void {
    socket = opened;
    parser = createHttpResponseParser();
    // An event of a socket that has been replaced must not touch its successor's request.
    const current = (action: () => void) => () => {
      if (socket === opened) action();
    };
    opened.on('data', (chunk) => socket === opened && receive(chunk));
    opened.on(
      'end',
      current(() => {
        const response = parser.end();
        if (response === undefined) failWith('closed');
        else settle(response);
      }),
    );
    opened.on(
      'close',
      current(() => failWith('closed')),
    );
    opened.on('error', (error) => socket === opened && failWith(codeOf(error), error));
    opened.setTimeout(
      timeoutMs,
      current(() => outstanding !== undefined && failWith('timeout')),
    );
  }

  async function open(): Promise<void> {
    if (socket !== undefined) return;
    const opened = await openSocket(host, port, timeoutMs);
    if (!closed) return attach(opened);
    opened.destroy();
    throw new HttpConnectionError('closed', false);
  }

  function write(request: string): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (socket === undefined) return reject(new HttpConnectionError('closed', false));
      outstanding = { resolve, reject };
      socket.write(request);
    });
  }

  return {
    open,
    // Not an async function: on an open connection this is the hot path of the load.
    send: (request) => (socket === undefined ? open().then(() => write(request)) : write(request)),
    close() {
      closed = true;
      failWith('closed');
    },
  };
}

function openSocket(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const failed = (code: string, cause?: unknown) => {
      socket.destroy();
      reject(new HttpConnectionError(code, false, cause));
    };
    socket.once('error', (error) => failed(codeOf(error), error));
    socket.setTimeout(timeoutMs, () => failed('timeout'));
    socket.once('connect', () => {
      // Only ours: the socket has listeners of its own for its end.
      socket.removeAllListeners('error').removeAllListeners('timeout');
      resolve(socket);
    });
  });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
