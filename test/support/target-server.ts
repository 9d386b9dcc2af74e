/**
 * A server that users might name: `/ok` answers as it should, all other paths as badly as servers can. Listens on any
 * address of the loopback network, so that several of them can have the same port.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TargetServer {
  readonly url: string;
  readonly port: number;
  /** In the order in which they were complete. */
  readonly received: readonly ReceivedRequest[];
  /** Connections made to it so far. */
  connections(): number;
  /** Those that are open. */
  open(): number;
  close(): Promise<void>;
}

export interface TargetServerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Instead of what the path says. */
  readonly answer?: (request: ReceivedRequest, response: ServerResponse) => void;
}

export async function startTargetServer(options: TargetServerOptions = {}): Promise<TargetServer> {
  const { host = '127.0.0.1', port = 0, tls, answer = misbehave } = options;
  const received: ReceivedRequest[] = [];
  let connections = 0;
  let open = 0;
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    received.push(one);
    answer(one, response);
  };
  // A request that breaks off has not been received.
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void receive(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', (socket) => {
    connections += 1;
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
    socket.on('error', () => undefined);
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { port: actualPort } = server.address() as AddressInfo; // It listens on a port.
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${actualPort}`,
    port: actualPort,
    received,
    connections: () => connections,
    open: () => open,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const DRIP_MS = 20;
const CHUNK = 'x'.repeat(65_536);

/** The ways in which servers are bad, by path. */
function misbehave({ path, method, headers, body }: ReceivedRequest, response: ServerResponse): void {
  const url = new URL(path, 'http://target');
  const { socket } = response;
  switch (url.pathname) {
    case '/ok':
      response.end('fine');
      return;
    case '/echo':
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ method, path, headers, body }));
      return;
    case '/status':
      response.writeHead(Number(url.searchParams.get('code')), {
        'retry-after': url.searchParams.get('retry_after') ?? '1',
      });
      response.end('as you wish');
      return;
    case '/redirect':
      response.writeHead(Number(url.searchParams.get('code') ?? 302), {
        location: url.searchParams.get('to') ?? '',
      });
      response.end();
      return;
    case '/loop':
      response.writeHead(302, { location: '/loop' });
      response.end();
      return;
    case '/silence': // not one byte
      return;
    case '/slow-headers':
      keepWriting(response, 'HTTP/1.1 200 OK\r\n', 'x');
      return;
    case '/endless-headers':
      keepWriting(response, 'HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(1_000)}\r\n`, 0);
      return;
    case '/endless-continues':
      keepWriting(response, '', 'HTTP/1.1 102 Processing\r\n\r\n', 1);
      return;
    case '/slow-body':
      keepWriting(response, 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'x');
      return;
    case '/endless-body':
      keepWriting(response, 'HTTP/1.1 200 OK\r\n\r\n', CHUNK, 0);
      return;
    case '/body':
      response.end('x'.repeat(Number(url.searchParams.get('bytes'))));
      return;
    case '/bomb':
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(10_000_000)));
      return;
    case '/reset':
      socket?.resetAndDestroy();
      return;
    case '/half':
      socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setTimeout(() => socket?.resetAndDestroy(), DRIP_MS);
      return;
    case '/other-protocol':
      socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
      return;
    case '/garbage':
      socket?.end('220 mail.example ESMTP\r\n');
      return;
    default:
      response.writeHead(404);
      response.end();
  }
}

/** Until the other side has had enough; `everyMs` 0: as fast as it takes it. */
function keepWriting({ socket }: ServerResponse, first: string, more: string, everyMs = DRIP_MS): void {
  if (socket === null) return;
  socket.write(first);
  if (everyMs === 0) {
    const fill = (): void => {
      while (socket.writable && socket.write(more));
    };
    socket.on('drain', fill);
    fill();
    return;
  }
  const timer = setInterval(() => socket.write(more), everyMs);
  socket.on('close', () => clearInterval(timer));
}
