/**
 * The PROXY protocol, version 1, of balancers that pass on connections and read nothing of them: the first line says who is
 * at the other end (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). It is believed of trusted proxies alone,
 * and a connection of theirs without it, such as a check from the same machine, is what it seems.
 */
import { isIP, type Socket } from 'node:net';
import { createAddressRanges } from '../core/address-range.ts';
import { type App, SERVER_LIMITS } from './server.ts';

/** With its line end; longer ones are refused. */
export const PROXY_LINE_BYTES_MAX = 107;
const PREFIX = 'PROXY ';
const CRLF = '\r\n';
/** Before it has said anything. */
const ENDS = ['error', 'end'];

/** `bytes`: as many as the line has. Without `client`, nothing is said of who that is. */
export interface ProxyLine {
  readonly bytes: number;
  readonly client?: { readonly address: string; readonly port: number };
}

/** What a connection begins with: the line, something else, nothing that can be told yet, or a line that is wrong. */
export function parseProxyLine(start: Buffer): ProxyLine | 'absent' | 'incomplete' | 'wrong' {
  const text = start.subarray(0, PROXY_LINE_BYTES_MAX).toString('latin1');
  if (!text.startsWith(PREFIX)) return PREFIX.startsWith(text) ? 'incomplete' : 'absent';
  const end = text.indexOf(CRLF);
  if (end < 0) return text.length < PROXY_LINE_BYTES_MAX ? 'incomplete' : 'wrong';
  const bytes = end + CRLF.length;
  const [family = '', ...parts] = text.slice(PREFIX.length, end).split(' ');
  if (family === 'UNKNOWN') return { bytes };
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = parts;
  const version = { TCP4: 4, TCP6: 6 }[family];
  const isRight =
    parts.length === 4 &&
    [source, destination].every((address) => version !== undefined && isIP(address) === version) &&
    [sourcePort, destinationPort].every(isPort);
  return isRight ? { bytes, client: { address: source, port: Number(sourcePort) } } : 'wrong';
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/** Connections that a balancer has passed on. */
const passedOn = new WeakSet<Socket>();

export function isPassedOn(socket: Socket): boolean {
  return passedOn.has(socket);
}

/** To be called before the server listens. */
export function acceptProxyProtocol(
  { server }: App,
  { trustedProxies }: { readonly trustedProxies: readonly string[] },
): void {
  const isTrusted = createAddressRanges(trustedProxies);
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]; // Those of an http.Server.
  const serve = (socket: Socket): void => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (isTrusted(socket.remoteAddress ?? '')) readProxyLine(socket, serve);
    else serve(socket);
  });
}

/** Hands the connection on as that of who is behind it, with all that follows the line still to be read. */
function readProxyLine(socket: Socket, serve: (socket: Socket) => void): void {
  let start: Buffer = Buffer.alloc(0);
  const destroy = (): void => void socket.destroy();
  socket.setTimeout(SERVER_LIMITS.headerTimeoutMs, destroy);
  for (const event of ENDS) socket.on(event, destroy);

  function settle(rest: Buffer): void {
    socket.off('readable', read);
    for (const event of [...ENDS, 'timeout']) socket.off(event, destroy);
    socket.setTimeout(0);
    if (rest.length > 0) socket.unshift(rest);
    serve(socket);
  }

  function read(): void {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    start = Buffer.concat([start, chunk]);
    const line = parseProxyLine(start);
    if (line === 'wrong') destroy();
    else if (line === 'absent') settle(start);
    else if (line !== 'incomplete') {
      passedOn.add(socket);
      if (line.client !== undefined) nameClient(socket, line.client);
      settle(start.subarray(line.bytes));
    }
  }

  socket.on('readable', read);
}

/** For whoever asks the socket: the framework, and what is answered before it. */
function nameClient(
  socket: Socket,
  { address, port }: { readonly address: string; readonly port: number },
): void {
  Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
  Object.defineProperty(socket, 'remotePort', { value: port, configurable: true });
  Object.defineProperty(socket, 'remoteFamily', { value: `IPv${isIP(address)}`, configurable: true });
}
