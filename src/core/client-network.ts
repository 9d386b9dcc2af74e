/** Who counts as one client where addresses are all that is known of them. */
import { isIPv6 } from 'node:net';

/** A household has a whole /64 of IPv6 addresses, so that is what counts; of IPv4 the address. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const missing = address.includes('::') ? 8 - left.length - right.length : 0;
  const zeros = Array.from({ length: missing }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
