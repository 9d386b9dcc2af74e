/** Opening links: where a visitor is led, or what they are told instead. */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { CLICK_HEADER_LENGTH_MAX, type ClickKind, type ClickRecorder } from '../clicks/click-recorder.ts';
import { isCode } from '../codes/alias.ts';
import { type Card, type RedirectType, targetsOf } from '../link.ts';
import { chooseRule } from '../rules/rule-choice.ts';
import type { BlockedTargets } from '../targets/blocked-targets.ts';
import { firstReason } from '../targets/target-url.ts';
import { reportedWarning } from '../warnings/reported-warning.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { type CachedLink, type Guard, withQuery } from './cached-link.ts';
import type { LinkCache } from './link-cache.ts';
import type { VisitLimits } from './visit-limits.ts';
import { kindOf, type Visitor } from './visitor.ts';

/**
 * `card`: a program that is no visitor asks for what is limited, has a password, or a card for it. `gone`: it led somewhere
 * once. `scheduled`: it does not yet. `unknown`: it never did. With a warning it leads on for who says so.
 */
export type Opening =
  | { readonly outcome: 'redirect'; readonly redirectType: RedirectType | 303; readonly location: string }
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: 'card';
      readonly card: Card | undefined;
      /** Where it leads; `undefined`: nobody is told. */
      readonly location: string | undefined;
    }
  | { readonly outcome: 'password' | 'wrong_password'; readonly warning: string | undefined }
  | {
      readonly outcome: 'warning';
      readonly warning: string;
      /** Or its origin, where not everybody may know more. */
      readonly target: string;
    }
  | { readonly outcome: 'scheduled'; readonly startsAtMs: number }
  | {
      readonly outcome: 'gone';
      readonly reason: 'expired' | 'used_up' | 'deleted' | 'blocked' | 'disabled';
      /** In the words of the moderators. */
      readonly blockedReason?: string;
    };

type AtOnce = Opening & { readonly outcome: 'redirect' };

/** What anyone may learn of a link without opening it. */
export interface LinkPreview {
  readonly linkId: Id;
  /** All that it may lead to; empty where a limit or a password applies. */
  readonly targets: readonly string[];
  readonly guarded: boolean;
  readonly warning: string | undefined;
}

/** What somebody has filled in. */
export interface GivenAnswers {
  readonly password?: string | undefined;
  /** They have read the warning. */
  readonly goesOn?: boolean;
}

export interface Redirects {
  /** At once where the link is in memory and nothing has to be asked for. `undefined`: use `open`. */
  openAtOnce(domainId: Id, code: string, visitor: Visitor): AtOnce | undefined;
  /**
   * The same of a link that is not in memory, once it is loaded. `undefined`, at once or then, or a failure: use `open`, which
   * tells why.
   */
  openWhenLoaded(domainId: Id, code: string, visitor: Visitor): Promise<AtOnce | undefined> | undefined;
  /** Fails with `rate_limited` for who asks for too many that do not exist. */
  open(domainId: Id, code: string, visitor: Visitor, given?: GivenAnswers): Promise<Opening>;
  /** Fails as `open`. */
  preview(domainId: Id, code: string, visitor: Visitor): Promise<Opening | LinkPreview>;
}

export interface RedirectsDeps {
  readonly cache: LinkCache;
  readonly blockedTargets: Pick<BlockedTargets, 'reasonOf' | 'warningOf' | 'version'>;
  readonly visitLimits: VisitLimits;
  readonly attemptLimits: AttemptLimits;
  readonly clicks: ClickRecorder;
  readonly clock: Clock;
  readonly verifyPassword: (passwordHash: string, password: string) => Promise<boolean>;
  /** ISO 3166-1 alpha-2, in upper case. */
  readonly countryOf: (address: string) => string | undefined;
}

const GONE = { outcome: 'gone', reason: 'deleted' } as const;
const DISABLED = { outcome: 'gone', reason: 'disabled' } as const;
const EXPIRED = { outcome: 'gone', reason: 'expired' } as const;
const USED_UP = { outcome: 'gone', reason: 'used_up' } as const;

export function createRedirects(deps: RedirectsDeps): Redirects {
  const { cache, blockedTargets, visitLimits, attemptLimits, clicks, clock, verifyPassword, countryOf } =
    deps;

  function record(
    linkId: Id,
    kind: ClickKind,
    { userAgent, referrer, language, address, isPrivate }: Visitor,
  ): void {
    const hides = isPrivate && kind === 'visit';
    clicks.record({
      linkId,
      atMs: clock.nowMs(),
      kind: hides ? 'private' : kind,
      userAgent: cut(userAgent),
      referrer: hides ? '' : cut(referrer),
      language: hides ? '' : cut(language),
      address: hides ? '' : address,
    });
  }

  /** Why moderators block it, by the list as it is now; whether they warn of it is found out with that. */
  function blockedReasonOf(link: CachedLink): string | undefined {
    const version = blockedTargets.version();
    if (link.checkedVersion !== version) {
      const targets = targetsOfCached(link).filter((url) => url !== '');
      link.blockedReason = firstReason(targets, blockedTargets.reasonOf);
      link.listWarning = firstReason(targets, blockedTargets.warningOf);
      link.checkedVersion = version;
    }
    return link.blockedReason;
  }

  /** Why it does not lead to its target, whoever asks; `undefined`: it does. */
  function closed(link: CachedLink): Opening | undefined {
    const { guard } = link;
    if (guard?.gone === true) return GONE;
    const blockedReason = guard?.disabledReason ?? blockedReasonOf(link);
    if (blockedReason !== undefined) return { outcome: 'gone', reason: 'blocked', blockedReason };
    if (guard === undefined) return undefined;
    if (!guard.enabled) return DISABLED;
    const nowMs = clock.nowMs();
    if (nowMs < guard.startsAtMs) return { outcome: 'scheduled', startsAtMs: guard.startsAtMs };
    if (nowMs >= guard.expiresAtMs) return EXPIRED;
    return guard.usedUp ? USED_UP : undefined;
  }

  function locationFor(link: CachedLink, visitor: Visitor): string {
    const { guard, linkId, location } = link;
    if (guard === undefined) return location;
    const { rules, passQuery } = guard;
    const index =
      rules.length === 0
        ? undefined
        : chooseRule(linkId, rules, visitor, { nowMs: clock.nowMs(), countryOf });
    const target = index === undefined ? location : (rules[index]?.url ?? location);
    return passQuery ? withQuery(target, visitor.query) : target;
  }

  /** Past the password and the limit. */
  function admit(link: CachedLink, visitor: Visitor, kind: ClickKind, redirectType: RedirectType | 303) {
    record(link.linkId, kind, visitor);
    return leadTo(link, visitor, redirectType);
  }

  function leadTo(link: CachedLink, visitor: Visitor, redirectType: RedirectType | 303) {
    return { outcome: 'redirect', redirectType, location: locationFor(link, visitor) } as const;
  }

  function openQuickly(link: CachedLink | undefined, visitor: Visitor) {
    if (link === undefined || closed(link) !== undefined || isHeld(link)) return undefined;
    return admit(link, visitor, quickKindOf(visitor), link.redirectType);
  }

  /** A password and a warning are one page: of the target nothing is told before the password is given. */
  function warn(link: CachedLink, warning: string, visitor: Visitor): Opening {
    if (link.guard?.passwordHash !== undefined) return { outcome: 'password', warning };
    const target = locationFor(link, visitor);
    const isForAll = kindOf(visitor) === 'visit' && link.guard?.limited !== true;
    return { outcome: 'warning', warning, target: isForAll ? target : new URL(target).origin };
  }

  async function openHeld(link: CachedLink, visitor: Visitor, given: GivenAnswers): Promise<Opening> {
    const { guard, linkId } = link;
    const { password, goesOn = false } = given;
    const kind = kindOf(visitor);
    const warning = warningOf(link);
    if (kind !== 'visit') record(linkId, kind, visitor);
    if (warning !== undefined && !(goesOn && kind === 'visit')) return warn(link, warning, visitor);
    const card = guard?.card;
    if (kind !== 'visit' && isGuarded(guard)) return { outcome: 'card', card, location: undefined };
    if (kind === 'bot' && card !== undefined)
      return { outcome: 'card', card, location: locationFor(link, visitor) };
    if (guard?.passwordHash !== undefined) {
      if (password === undefined) return { outcome: 'password', warning };
      await attemptLimits.password(linkId, visitor.address);
      if (!(await verifyPassword(guard.passwordHash, password))) {
        return { outcome: 'wrong_password', warning };
      }
    }
    if (guard?.limited === true) {
      const taken = await visitLimits.take(linkId);
      if (taken !== 'taken') guard.usedUp = true;
      if (taken === 'none') return overOf(guard, USED_UP);
    }
    if (kind === 'visit') record(linkId, kind, visitor);
    return leadTo(link, visitor, redirectTypeFor(link, given));
  }

  /** Of a link that is over, its owner may have said where to go instead: not without the warning either. */
  function openOver(link: CachedLink, reason: Opening, visitor: Visitor, { goesOn }: GivenAnswers): Opening {
    const over = overOf(link.guard, reason);
    const warning = warningOf(link);
    if (over.outcome !== 'redirect' || warning === undefined) return over;
    const isVisit = kindOf(visitor) === 'visit';
    if (goesOn === true && isVisit) return { ...over, redirectType: 303 };
    const { location } = over;
    return { outcome: 'warning', warning, target: isVisit ? location : new URL(location).origin };
  }

  async function load(domainId: Id, code: string, visitor: Visitor): Promise<CachedLink | undefined> {
    attemptLimits.admit(visitor.address);
    return cache.load(domainId, code);
  }

  async function find(domainId: Id, code: string, visitor: Visitor): Promise<CachedLink | undefined> {
    if (!isCode(code)) return undefined;
    const cached = cache.peek(domainId, code);
    if (cached !== undefined) return cached;
    const link = await load(domainId, code, visitor);
    if (link === undefined) await attemptLimits.unknownCode(visitor.address);
    return link;
  }

  return {
    openAtOnce: (domainId, code, visitor) => openQuickly(cache.peek(domainId, code), visitor),

    openWhenLoaded(domainId, code, visitor) {
      // What is in memory needs more than to be loaded.
      if (!isCode(code) || cache.peek(domainId, code) !== undefined) return undefined;
      // A code that does not exist is counted by `open`, once.
      return load(domainId, code, visitor).then((link) => openQuickly(link, visitor));
    },

    async open(domainId, code, visitor, given = {}) {
      const link = await find(domainId, code, visitor);
      if (link === undefined) return { outcome: 'unknown' };
      const reason = closed(link);
      if (reason !== undefined) return openOver(link, reason, visitor, given);
      if (isHeld(link)) return openHeld(link, visitor, given);
      return admit(link, visitor, quickKindOf(visitor), redirectTypeFor(link, given));
    },

    async preview(domainId, code, visitor) {
      const link = await find(domainId, code, visitor);
      if (link === undefined) return { outcome: 'unknown' };
      const reason = closed(link);
      if (reason !== undefined) return reason;
      const guarded = isGuarded(link.guard);
      const targets = guarded ? [] : [...new Set(targetsOfCached(link))];
      return { linkId: link.linkId, guarded, warning: warningOf(link), targets };
    },
  };
}

/** Of a link that is over, its owner may have said where to go instead. Nobody is counted there, and no query is passed on. */
function overOf(guard: Guard | undefined, reason: Opening): Opening {
  if (guard?.fallbackUrl === undefined || (reason !== EXPIRED && reason !== USED_UP)) return reason;
  return { outcome: 'redirect', redirectType: 302, location: guard.fallbackUrl };
}

/** All that it may lead to, its own first. */
function targetsOfCached({ location, guard }: CachedLink): string[] {
  const fallbackUrl = guard?.fallbackUrl ?? null;
  return targetsOf({ url: location, rules: guard?.rules ?? [], fallbackUrl });
}

/** By the list as it was when it was last asked whether the link is blocked. */
function warningOf({ guard, listWarning }: CachedLink): string | undefined {
  return guard?.warningReason ?? listWarning ?? reportedWarning(guard?.reported ?? false);
}

/** It leads somewhere, but not at once. */
function isHeld(link: CachedLink): boolean {
  const { guard, listWarning } = link;
  if (listWarning !== undefined) return true;
  return guard !== undefined && (isGuarded(guard) || hasWarning(guard) || guard.card !== undefined);
}

function hasWarning({ warningReason, reported }: Guard): boolean {
  return reported || warningReason !== undefined;
}

function isGuarded(guard: Guard | undefined): boolean {
  return guard !== undefined && (guard.limited || guard.passwordHash !== undefined);
}

/** A browser that sent our form fetches the target by GET, whatever the link says: by 307 it would send it there too. */
function redirectTypeFor(
  { redirectType }: CachedLink,
  { password, goesOn }: GivenAnswers,
): RedirectType | 303 {
  return password === undefined && goesOn !== true ? redirectType : 303;
}

/** Whether it is a bot is found out later, off the hot path, where nothing depends on it. */
function quickKindOf({ method, purpose }: Visitor): ClickKind {
  if (method === 'HEAD') return 'head';
  return purpose !== '' && /prefetch|prerender|preview/i.test(purpose) ? 'preview' : 'visit';
}

function cut(header: string): string {
  return header.length <= CLICK_HEADER_LENGTH_MAX ? header : header.slice(0, CLICK_HEADER_LENGTH_MAX);
}
