/** Host names that owners bring. */
import { isIP } from 'node:net';
import { invalidField } from '../../../core/errors.ts';
import { hostOf, type PrivateAddresses, refuseTarget } from '../../../core/outbound-target.ts';
import { isHomograph } from '../targets/homograph.ts';

/** Put in front of the host: the name of the TXT record that proves whose it is. */
export const CHALLENGE_LABEL = '_groundswell-challenge';
/** Of a name in the DNS, with that label before it. */
export const HOST_LENGTH_MAX = 253 - CHALLENGE_LABEL.length - 1;

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export interface HostRules {
  readonly privateAddresses: PrivateAddresses;
  /** Those of the server itself, without a port. */
  readonly serverHosts: () => readonly string[];
}

/** As it stands in a URL: in lower case and punycode. Fails with `invalid`, naming `host`. */
export function checkHost(text: string, { privateAddresses, serverHosts }: HostRules): string {
  const host = hostNameOf(text);
  if (
    host === undefined ||
    host.length > HOST_LENGTH_MAX ||
    !host.split('.').every((each) => LABEL.test(each))
  )
    throw invalidField('host', 'must be a host name alone, such as go.example.org.');
  if (isIP(host) !== 0) throw invalidField('host', 'must be a name, not an address.');
  if (refuseTarget(`https://${host}/`, privateAddresses) !== undefined)
    throw invalidField('host', 'must be a name on the public internet.');
  if (isHomograph(host)) throw invalidField('host', 'mixes scripts, or looks like another one.');
  if (serverHosts().includes(host)) throw invalidField('host', 'is that of this server.');
  return host;
}

/** `undefined`: it is more than a host name, or none. */
export function hostNameOf(text: string): string | undefined {
  const spelled = `https://${text}/`;
  if (/[^\p{L}\p{M}\p{N}.-]/u.test(text) || !URL.canParse(spelled)) return undefined;
  const host = hostOf(new URL(spelled));
  return host === '' ? undefined : host;
}
