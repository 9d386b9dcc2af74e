/** A link in memory: little of it where it simply leads somewhere, as nearly all do. */
import type { Id } from '../../../core/ids.ts';
import type { ChancedValue } from '../../../resilience/second-chance-map.ts';
import type { Card, RedirectType, Rule } from '../link.ts';
import { ruleOf } from '../rules/stored-rules.ts';
import { cardOf } from '../stored-cards.ts';
import { withUtm } from '../targets/utm-target.ts';
import type { OpenedLinkRow } from './redirect-queries.ts';

/** Measured with Node 20: the object, its id, the key and its place in the map, and the head of the target. */
export const CACHED_LINK_BYTES = 260;
const GUARD_BYTES = 300;
const RULE_BYTES = 400;

/** What stands between some links and their target. */
export interface Guard {
  readonly gone: boolean;
  /** Why the staff has turned it off. */
  readonly disabledReason: string | undefined;
  /** Why the staff warns of it. */
  readonly warningReason: string | undefined;
  /** By several people. */
  readonly reported: boolean;
  /** Not turned off by its owner. */
  readonly enabled: boolean;
  /** -Infinity: from the beginning. */
  readonly startsAtMs: number;
  /** Infinity: never. */
  readonly expiresAtMs: number;
  /** For who comes too late; `undefined`: they are told so. */
  readonly fallbackUrl: string | undefined;
  readonly limited: boolean;
  /** All visits have been taken. Set when that is found out; a higher limit comes as a change of the link. */
  usedUp: boolean;
  readonly passwordHash: string | undefined;
  readonly passQuery: boolean;
  readonly rules: readonly Rule[];
  /** For programs that show links to people. */
  readonly card: Card | undefined;
}

export class CachedLink implements ChancedValue {
  isUsed = false;
  readonly bytes: number;
  readonly linkId: Id;
  readonly redirectType: RedirectType;
  readonly location: string;
  /** Of the list of blocked targets by which it was last checked; -1: not yet. */
  checkedVersion = -1;
  /** Why moderators block it, by that list. */
  blockedReason: string | undefined = undefined;
  /** Why they warn of it, by that list. */
  listWarning: string | undefined = undefined;
  readonly guard: Guard | undefined;

  constructor(row: OpenedLinkRow) {
    this.linkId = row.link_id;
    this.redirectType = row.redirect_type;
    this.location = row.gone ? '' : withUtm(row.url, row.utm);
    this.guard = guardOf(row);
    this.bytes =
      CACHED_LINK_BYTES + this.location.length + (this.guard === undefined ? 0 : guardBytesOf(this.guard));
  }
}

/** With all texts in it, which are as long as their owners like. */
function guardBytesOf({ rules, card, fallbackUrl = '' }: Guard): number {
  const texts = fallbackUrl.length + (card === undefined ? 0 : JSON.stringify(card).length);
  const rulesBytes = rules.length === 0 ? 0 : rules.length * RULE_BYTES + JSON.stringify(rules).length;
  return GUARD_BYTES + texts + rulesBytes;
}

function guardOf(row: OpenedLinkRow): Guard | undefined {
  const guard: Guard = {
    gone: row.gone,
    disabledReason: row.disabled_reason ?? undefined,
    warningReason: row.warning_reason ?? undefined,
    reported: row.reported,
    enabled: row.enabled,
    startsAtMs: row.starts_at?.getTime() ?? Number.NEGATIVE_INFINITY,
    expiresAtMs: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
    fallbackUrl: row.fallback_url ?? undefined,
    limited: row.max_visits !== null,
    usedUp: false,
    passwordHash: row.password_hash ?? undefined,
    passQuery: row.pass_query,
    card: row.card === null ? undefined : cardOf(row.card),
    rules: (row.rules ?? []).map(ruleOf).map((rule) => ({ ...rule, url: withUtm(rule.url, row.utm) })),
  };
  const isPlain =
    !guard.gone &&
    guard.disabledReason === undefined &&
    guard.warningReason === undefined &&
    !guard.reported &&
    guard.enabled &&
    row.starts_at === null &&
    row.expires_at === null &&
    row.fallback_url === null &&
    !guard.limited &&
    guard.passwordHash === undefined &&
    !guard.passQuery &&
    guard.card === undefined &&
    guard.rules.length === 0;
  return isPlain ? undefined : guard;
}

/** The query after that of the target, before its fragment. It cannot reach any other part of the URL. */
export function withQuery(target: string, query: string): string {
  if (query === '') return target;
  const hash = target.indexOf('#');
  const [head, fragment] = hash < 0 ? [target, ''] : [target.slice(0, hash), target.slice(hash)];
  const separator = head.includes('?') ? (/[?&]$/.test(head) ? '' : '&') : '?';
  return `${head}${separator}${encodeUnsafe(query)}${fragment}`;
}

/** What HTTP lets through in a request's query, and should not stand in a header. */
function encodeUnsafe(query: string): string {
  return query.replace(/[^\x21-\x7e]|["<>\\^`{|}#]/g, (character) => {
    // Node reads the bytes of a request's path as Latin-1.
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
