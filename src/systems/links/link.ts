/** A link, as all of this system speaks of one. */
import type { Id } from '../../core/ids.ts';

/** 302: asked for every time. 301 and 308 may be remembered, for a short while that the answer states. */
export const REDIRECT_TYPES = [301, 302, 307, 308] as const;
export type RedirectType = (typeof REDIRECT_TYPES)[number];
export const REDIRECT_TYPE_DEFAULT: RedirectType = 302;

export const DEVICES = ['ios', 'android', 'mobile', 'desktop'] as const;
/** `mobile` is any telephone or tablet, those of the first two among them; `desktop` is all the rest. */
export type Device = (typeof DEVICES)[number];

export const BROWSERS = ['chrome', 'edge', 'firefox', 'opera', 'safari', 'samsung'] as const;
export type Browser = (typeof BROWSERS)[number];

/** Another target for some visitors: those of whom everything that is given holds. The first rule that fits counts. */
export interface Rule {
  readonly url: string;
  readonly devices?: readonly Device[] | undefined;
  /** BCP 47, the language that the visitor prefers: `pt` is also `pt-BR`. */
  readonly languages?: readonly string[] | undefined;
  /** ISO 3166-1 alpha-2, in upper case. */
  readonly countries?: readonly string[] | undefined;
  readonly browsers?: readonly Browser[] | undefined;
  /** Parameters of the visit's own query, each with one of its values; null: with any. */
  readonly query?: Readonly<Record<string, string | null>> | undefined;
  /** Addresses, and networks such as 192.0.2.0/24, that visitors come from. */
  readonly networks?: readonly string[] | undefined;
  readonly startsAt?: Date | undefined;
  readonly endsAt?: Date | undefined;
  /** Of all visitors, these per cent: none of whom is among those of another rule of the link. */
  readonly percentage?: number | undefined;
}

export const UTM_PARAMETERS = ['source', 'medium', 'campaign', 'term', 'content'] as const;
/** Added to the target as `utm_source` and so on. */
export type Utm = { readonly [Parameter in (typeof UTM_PARAMETERS)[number]]?: string | undefined };

/** What programs that show links to people show of it, in place of its target. */
export interface Card {
  readonly title: string;
  readonly description?: string | undefined;
  readonly imageUrl?: string | undefined;
}

/** How a code came about; what is `imported` is as another shortener had made it. */
export type CodeOrigin = 'made' | 'chosen' | 'imported';

export interface LinkTarget {
  readonly url: string;
  readonly rules: readonly Rule[];
  /** For who comes after the end, or after the last visit; null: they are told so. */
  readonly fallbackUrl: string | null;
}

/** All that it may lead to, its own first. */
export function targetsOf({ url, rules, fallbackUrl }: LinkTarget): string[] {
  return [url, ...rules.map((rule) => rule.url), ...(fallbackUrl === null ? [] : [fallbackUrl])];
}

export const TARGET_STATES = ['unchecked', 'ok', 'dead'] as const;
/** `dead`: asked several times, over hours, the target was not there. */
export type TargetState = (typeof TARGET_STATES)[number];

/** How the target was found when it was last asked for. */
export interface TargetCheck {
  readonly state: TargetState;
  readonly checkedAt: Date | null;
  /** HTTP; null: it gave no answer. */
  readonly status: number | null;
  /** What was wrong, as a sentence. */
  readonly problem: string | null;
}

export interface Link extends LinkTarget {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly code: string;
  /** The host name of its owner under which it is opened; `undefined`: that of the server. */
  readonly host: string | undefined;
  readonly title: string;
  /** In lower case. */
  readonly tags: readonly string[];
  readonly redirectType: RedirectType;
  readonly passQuery: boolean;
  readonly utm: Utm;
  /** null: they are led to the target, and make a card of that. */
  readonly card: Card | null;
  /** Turned off by its owner it leads nowhere, until it is turned on again. */
  readonly enabled: boolean;
  /** Before then it leads nowhere yet; null: from the beginning. */
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly maxVisits: number | null;
  /** Of those that are limited, how many were used; 0 without a limit. */
  readonly visits: number;
  /** Humans who have opened it, as far as they are counted: some seconds behind. */
  readonly visitCount: number;
  readonly hasPassword: boolean;
  readonly updatedAt: Date | null;
  /** Why moderators have turned it off, or their list forbids its target; `undefined`: neither. */
  readonly blockedReason: string | undefined;
  /** What whoever opens it reads before it leads on; `undefined`: nothing, or it is blocked. */
  readonly warning: string | undefined;
  readonly targetCheck: TargetCheck;
}

/** `active`: it leads somewhere. Of those that do not, the first reason that holds, in this order. */
export const LINK_STATES = ['active', 'blocked', 'disabled', 'scheduled', 'expired', 'used_up'] as const;
export type LinkState = (typeof LINK_STATES)[number];

export function stateOf(link: Link, nowMs: number): LinkState {
  if (link.blockedReason !== undefined) return 'blocked';
  if (!link.enabled) return 'disabled';
  if (link.startsAt !== null && link.startsAt.getTime() > nowMs) return 'scheduled';
  if (link.expiresAt !== null && link.expiresAt.getTime() <= nowMs) return 'expired';
  if (link.maxVisits !== null && link.visits >= link.maxVisits) return 'used_up';
  return 'active';
}

/** What may be said of a link; what is absent is as `DRAFT_DEFAULTS`, or as it was. */
export interface LinkChanges {
  readonly url?: string | undefined;
  readonly rules?: readonly Rule[] | undefined;
  readonly title?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly redirectType?: RedirectType | undefined;
  readonly passQuery?: boolean | undefined;
  readonly utm?: Utm | undefined;
  /** null: none. */
  readonly card?: Card | null | undefined;
  readonly enabled?: boolean | undefined;
  /** null: from the beginning, never, to nowhere, or without a limit or a password. */
  readonly startsAt?: Date | null | undefined;
  readonly fallbackUrl?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly maxVisits?: number | null | undefined;
  readonly password?: string | null | undefined;
}

export interface LinkDraft extends LinkChanges {
  readonly url: string;
  /** Made by the server without one. */
  readonly alias?: string | undefined;
  /** The alias is a code that another shortener had made: taken as it is, whatever it looks like. */
  readonly imported?: boolean | undefined;
  /** A verified host name of the owner. */
  readonly host?: string | undefined;
}
