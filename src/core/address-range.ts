import { isIP } from 'node:net';

/** An IPv4 or IPv6 address that means the same on every machine, so without a zone (`%eth0`). */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** An address, or a network such as 10.0.0.0/8. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const bitsMax = isIP(address) === 4 ? 32 : 128;
  const bitsFit = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return isAddress(address) && bitsFit && rest.length === 0;
}
