/** What a URL given by a user must be before anything is sent there, or anyone is. */
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** Whether what is not of the public internet may be reached too: in tests and on a developer's machine. */
export type PrivateAddresses = 'refuse' | 'allow';

/** Names that mean something only within some network: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and what is used so. */
const LOCAL_DOMAINS: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'localdomain',
  'alt',
  'onion',
]);
const LOCAL_SUFFIXES = ['.home.arpa'];

/**
 * Why the URL is no target, as the end of a sentence that begins with the name of the field; `undefined` if it may be
 * one. It resolves nothing: a name may still lead to a private address, which the port `outbound-http` finds out
 * whenever it sends. Forms such as 127.1, 0x7f.1 or 2130706433 are what the URL standard makes of them.
 */
export function refuseTarget(
  url: string | URL,
  privateAddresses: PrivateAddresses = 'refuse',
): string | undefined {
  if (typeof url === 'string' && !URL.canParse(url)) {
    return 'must be an absolute URL such as https://example.org/path.';
  }
  const target = new URL(url);
  const { protocol, username, password } = target;
  if (protocol !== 'http:' && protocol !== 'https:') return 'must start with https:// or http://.';
  if (username !== '' || password !== '') return 'must not hold a username or a password.';
  if (privateAddresses === 'refuse' && isLocalHost(hostOf(target))) {
    return 'must lead to a host on the public internet, not to a private address or a local name.';
  }
  return undefined;
}

/** The host of a parsed URL as the system resolves it: no brackets, no root dot. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function isLocalHost(host: string): boolean {
  if (isIP(host) !== 0) return !isPublicAddress(host);
  const domain = host.slice(host.lastIndexOf('.') + 1);
  // A name of one label is completed by the search list of whoever resolves it.
  return (
    domain === host ||
    LOCAL_DOMAINS.has(domain) ||
    LOCAL_SUFFIXES.some((end) => host.endsWith(end) || `.${host}` === end)
  );
}
