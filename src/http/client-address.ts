/** The address of the client, as the framework tells it, for requests that are answered before it sees them. */
import type { Socket } from 'node:net';
import { createAddressRanges, unmapped } from '../core/address-range.ts';
import type { RequestHead } from './plain-request.ts';

export type ClientAddress = (
  request: Pick<RequestHead<Pick<Socket, 'remoteAddress'>>, 'rawHeaders' | 'socket'>,
) => string;

const FORWARDED_FOR = 'x-forwarded-for';

/** `trustedProxies`: addresses and ranges (10.0.0.0/8) whose `X-Forwarded-For` is believed. */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return ({ socket }) => unmapped(socket.remoteAddress ?? '');
  const isTrusted = createAddressRanges(trustedProxies);
  return ({ rawHeaders, socket }) => {
    const forwarded = forwardedFor(rawHeaders).split(',').reverse();
    let address = unmapped(socket.remoteAddress ?? '');
    for (const named of forwarded) {
      // Whoever is not trusted may say what they like.
      if (!isTrusted(address) || named.trim() === '') break;
      address = unmapped(named.trim());
    }
    return address;
  };
}

/** Of all headers of that name, in their order. */
function forwardedFor(rawHeaders: readonly string[]): string {
  let all = '';
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== FORWARDED_FOR.length || name.toLowerCase() !== FORWARDED_FOR) continue;
    all += `${all === '' ? '' : ','}${rawHeaders[index + 1]}`;
  }
  return all;
}
