/** What a link may lead to. The same for its target and those of its rules, at creation and at every change. */
import { invalidField } from '../../../core/errors.ts';
import { hostOf, type PrivateAddresses, refuseTarget } from '../../../core/outbound-target.ts';
import { isHomograph } from './homograph.ts';

/** Longer than browsers and search engines carry without trouble (RFC 9110 asks for 8,000 with the rest of the request). */
export const TARGET_LENGTH_MAX = 4_096;

/** What a URL parser drops without a word, or a reader does not see. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNSEEN = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/;

/** Half of a character, in place of which a URL parser puts another one. */
const HALF = /\p{Cs}/u;
const HOST_LENGTH_MAX = 253;
const LABEL_LENGTH_MAX = 63;

export interface TargetRules {
  readonly privateAddresses: PrivateAddresses;
  /** Whether it is opened by this very server, as a link: it would lead to a link, or in a circle. */
  isOwn(url: URL): boolean;
  /** Why a list of the moderators forbids it. */
  blockedReason(url: URL | string): string | undefined;
  /** Why that list warns of it. Links may lead there all the same. */
  warning(url: URL | string): string | undefined;
}

/** The URL as it goes into a header: in ASCII, the host in punycode. Fails with `invalid`, naming `field`. */
export function checkTarget(text: string, field: string, rules: TargetRules): string {
  if (text.length > TARGET_LENGTH_MAX) throw tooLong(field);
  if (UNSEEN.test(text) || HALF.test(text))
    throw invalidField(field, 'must not contain spaces or characters that nobody sees.');
  const refusal = refuseTarget(text, rules.privateAddresses);
  if (refusal !== undefined) throw invalidField(field, refusal);
  const url = new URL(text);
  if (!isHostName(hostOf(url))) throw invalidField(field, 'has no host name that there can be.');
  // Encoded, it may have become longer.
  if (url.href.length > TARGET_LENGTH_MAX) throw tooLong(field);
  if (isHomograph(hostOf(url))) {
    throw invalidField(field, 'has a host name that mixes scripts, or looks like another one.');
  }
  if (rules.isOwn(url)) throw invalidField(field, 'must not be a link of this server.');
  const reason = rules.blockedReason(url);
  if (reason !== undefined) throw invalidField(field, `is on the list of blocked targets: ${reason}`);
  return url.href;
}

/** The first reason of all targets that have one. */
export function firstReason(
  targets: readonly string[],
  reasonOf: (url: string) => string | undefined,
): string | undefined {
  for (const target of targets) {
    const reason = reasonOf(target);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** As the domain name system limits it (RFC 1035); addresses are no longer. */
function isHostName(host: string): boolean {
  const isLabel = (label: string): boolean => label !== '' && label.length <= LABEL_LENGTH_MAX;
  return host.length <= HOST_LENGTH_MAX && host.split('.').every(isLabel);
}

function tooLong(field: string): Error {
  return invalidField(field, `must have at most ${TARGET_LENGTH_MAX} characters.`);
}
