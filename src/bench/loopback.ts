import { lookup } from 'node:dns/promises';
import { addressOf } from '../client/http-client.ts';
import { AppError } from '../core/errors.ts';

/**
 * The same URL with the host's address in it. Fails with `invalid` unless that is this machine: a load generator
 * pointed at others is an attack on them, and over a network it would measure the network.
 */
export async function requireLoopback(url: string): Promise<string> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.protocol !== 'http:') {
    throw new AppError('invalid', `${url} is not an http:// URL of a server on this machine.`);
  }
  const { host, port } = addressOf(url);
  const found = await lookup(host).catch(() => undefined);
  if (found === undefined || !isLoopback(found.address)) {
    throw new AppError(
      'invalid',
      `${url} is not on this machine. The bench only puts load on 127.0.0.0/8 and ::1.`,
    );
  }
  return `http://${found.family === 6 ? `[${found.address}]` : found.address}:${port}`;
}

function isLoopback(address: string): boolean {
  return /^127(\.[0-9]{1,3}){3}$/.test(address) || address === '::1';
}
