/**
 * Requests that ask for a WebSocket: they go through routes and hooks as any other, so that they are admitted,
 * authenticated, limited and refused alike; the route then takes the connection over.
 *
 * NOTE: Node hands every request with `Upgrade` to whoever listens for upgrades, also those for which it is an offer
 * that a server may ignore (`h2c`, as some HTTP clients send with their first request). Those are put back, without it.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The connection of a request that asks for a WebSocket. */
export interface Upgrade {
  readonly socket: Socket;
  /** What has been read of it beyond the request. */
  readonly head: Buffer;
  /** The connection is no longer of HTTP from then on. Call it when the request is not refused any more. */
  takeOver(): void;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

export function registerUpgrades(app: FastifyInstance): void {
  const { server } = app;
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Nobody listens for its errors meanwhile, and one would end the process.
    socket.on('error', () => socket.destroy());
    if (!isWebSocket(request)) {
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), head]));
      server.emit('connection', socket);
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // If it is refused. The head of the answer says so, too.
    response.on('finish', () => socket.end());
    upgrades.set(request, { socket, head, takeOver: () => response.detachSocket(socket) });
    app.routing(request, response);
  });
}

/** `undefined` for a request that asks for no WebSocket. */
export function upgradeOf({ raw }: FastifyRequest): Upgrade | undefined {
  return upgrades.get(raw);
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

const OF_UPGRADES: ReadonlySet<string> = new Set(['upgrade', 'http2-settings']);

/** The head of the request as it was sent, but for what offers another protocol. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    if (OF_UPGRADES.has(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    text += `${name}: ${kept}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function withoutUpgrade(options: string): string {
  const kept = options.split(',').filter((option) => !OF_UPGRADES.has(option.trim().toLowerCase()));
  return kept.length === 0 ? 'keep-alive' : kept.join(',');
}
