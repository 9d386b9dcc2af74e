/** From the name of a host to the addresses that may be connected to. */
import { promises as dns, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { AppError } from '../../core/errors.ts';
import { hostOf, type PrivateAddresses, refuseTarget } from '../../core/outbound-target.ts';
import { refusePort } from './outbound-http.ts';

/** All addresses of a name; none if there are none. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>;

const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;

/**
 * Asks the name servers of the system, or those given, over sockets of our own: `getaddrinfo` would hold one of the
 * four threads on which files are read and passwords hashed for as long as a hostile name server likes. It knows
 * nothing of the hosts file or of search lists, where only local names are.
 */
export function createDnsResolver(servers?: readonly string[]): ResolveName {
  const resolver = new dns.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return answers.flatMap((answer) =>
      answer.status === 'rejected' ? [] : answer.value.map((address) => ({ address, family: isIP(address) })),
    );
  };
}

/** As every other program on this machine does: for local names, where those are allowed. */
export const resolveBySystem: ResolveName = (name) => dns.lookup(name, { all: true });

export interface TargetRules {
  readonly privateAddresses: PrivateAddresses;
  readonly resolveName: ResolveName;
  readonly isPublic: (address: string) => boolean;
}

/** The addresses of the URL's host, all of them allowed. Fails with `invalid` or `unavailable`, of no effect. */
export async function resolveTarget(url: URL, rules: TargetRules): Promise<readonly LookupAddress[]> {
  const { privateAddresses, resolveName, isPublic } = rules;
  const host = hostOf(url);
  const family = isIP(host);
  const refusal =
    (family === 0 ? refuseTarget(url, privateAddresses) : refuseTarget(url, 'allow')) ?? refusePort(url);
  if (refusal !== undefined) throw refused(`The URL ${refusal}`);
  const addresses = family === 0 ? await resolveName(host).catch(() => []) : [{ address: host, family }];
  if (addresses.length === 0) throw unresolved();
  if (privateAddresses === 'refuse' && !addresses.every(({ address }) => isPublic(address))) {
    throw refused('The host of the URL leads to an address that is not on the public internet.');
  }
  return addresses;
}

export function refused(message: string): AppError {
  return new AppError('invalid', message, { outcome: 'not_applied' });
}

function unresolved(): AppError {
  return new AppError('unavailable', 'The name of the host cannot be resolved.', { outcome: 'not_applied' });
}
