/** Checks what people say of a link, and completes it. */
import { invalidField } from '../../core/errors.ts';
import {
  type Card,
  type LinkChanges,
  REDIRECT_TYPE_DEFAULT,
  type RedirectType,
  type Rule,
  targetsOf,
  UTM_PARAMETERS,
  type Utm,
} from './link.ts';
import { checkRules } from './rules/rules.ts';
import { checkTarget, TARGET_LENGTH_MAX, type TargetRules } from './targets/target-url.ts';
import { withUtm } from './targets/utm-target.ts';

export const TITLE_LENGTH_MAX = 200;
export const CARD_DESCRIPTION_LENGTH_MAX = 500;
export const TAGS_MAX = 20;
export const TAG_LENGTH_MAX = 50;
export const UTM_LENGTH_MAX = 200;
export const VISITS_MAX = 1_000_000_000;
export const LINK_PASSWORD_LENGTH_MIN = 4;
export const LINK_PASSWORD_LENGTH_MAX = 128;

/** All that an owner decides but the code and the password. */
export interface LinkContent {
  readonly url: string;
  readonly rules: readonly Rule[];
  readonly title: string;
  readonly tags: readonly string[];
  readonly redirectType: RedirectType;
  readonly passQuery: boolean;
  readonly utm: Utm;
  readonly card: Card | null;
  readonly enabled: boolean;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly maxVisits: number | null;
  readonly fallbackUrl: string | null;
}

export const CONTENT_DEFAULTS: LinkContent = {
  ...{
    url: '',
    rules: [],
    title: '',
    tags: [],
    redirectType: REDIRECT_TYPE_DEFAULT,
    passQuery: false,
    utm: {},
    card: null,
  },
  ...{ enabled: true, startsAt: null, expiresAt: null, maxVisits: null, fallbackUrl: null },
};

/** `before` with the changes. What does not change is not checked again. Fails with `invalid`. */
export function applyChanges(
  before: LinkContent,
  changes: LinkChanges,
  { nowMs, targets }: { readonly nowMs: number; readonly targets: TargetRules },
): LinkContent {
  const { url, rules, title, tags, redirectType, passQuery, utm, card } = changes;
  const { startsAt, expiresAt, maxVisits, fallbackUrl } = changes;
  const content = {
    url: url === undefined ? before.url : checkTarget(url, 'url', targets),
    rules: rules === undefined ? before.rules : checkRules(rules, targets),
    title: title === undefined ? before.title : checkLine(title, 'title', TITLE_LENGTH_MAX),
    tags: tags === undefined ? before.tags : checkTags(tags),
    redirectType: redirectType ?? before.redirectType,
    passQuery: passQuery ?? before.passQuery,
    utm: utm === undefined ? before.utm : checkUtm(utm),
    card: card === undefined ? before.card : checkCard(card, targets),
    enabled: changes.enabled ?? before.enabled,
    startsAt: startsAt === undefined ? before.startsAt : checkStart(startsAt),
    expiresAt: expiresAt === undefined ? before.expiresAt : checkExpiry(expiresAt, nowMs),
    maxVisits: maxVisits === undefined ? before.maxVisits : checkMaxVisits(maxVisits),
    fallbackUrl:
      typeof fallbackUrl === 'string'
        ? checkTarget(fallbackUrl, 'fallback_url', targets)
        : fallbackUrl === undefined
          ? before.fallbackUrl
          : null,
  };
  checkCampaign(content);
  checkOrder(content);
  return content;
}

/** With its parameters too, a target must be no longer than browsers and proxies carry. */
function checkCampaign({ url, rules, utm }: LinkContent): void {
  if (Object.keys(utm).length === 0) return;
  const targets = targetsOf({ url, rules, fallbackUrl: null });
  if (targets.every((target) => withUtm(target, utm).length <= TARGET_LENGTH_MAX)) return;
  throw invalidField('utm', `must not make a target longer than ${TARGET_LENGTH_MAX} characters.`);
}

export function checkLinkPassword(password: string): void {
  const { length } = [...password];
  if (length >= LINK_PASSWORD_LENGTH_MIN && length <= LINK_PASSWORD_LENGTH_MAX) return;
  const range = `${LINK_PASSWORD_LENGTH_MIN} to ${LINK_PASSWORD_LENGTH_MAX}`;
  throw invalidField('password', `must have ${range} characters, or be null for none.`);
}

/** Control characters, and halves of characters, which the database cannot have. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

function checkLine(line: string, field: string, lengthMax: number): string {
  const text = line.trim().normalize('NFC');
  if ([...text].length > lengthMax) throw invalidField(field, `must have at most ${lengthMax} characters.`);
  if (UNPRINTABLE.test(text)) throw invalidField(field, 'must be one line of text.');
  return text;
}

export function checkTags(given: readonly string[], field = 'tags'): string[] {
  const tags = [...new Set(given.map((tag) => tag.trim().normalize('NFC').toLowerCase()))];
  if (tags.length > TAGS_MAX) throw invalidField(field, `must be at most ${TAGS_MAX}.`);
  for (const tag of tags) {
    if (tag === '' || [...tag].length > TAG_LENGTH_MAX || UNPRINTABLE.test(tag)) {
      throw invalidField(field, `must have 1 to ${TAG_LENGTH_MAX} characters each, on one line.`);
    }
  }
  return tags;
}

function checkUtm(utm: Utm): Utm {
  const set = UTM_PARAMETERS.flatMap((parameter) => {
    const value = utm[parameter]?.trim() ?? '';
    if (value.length > UTM_LENGTH_MAX || UNPRINTABLE.test(value)) {
      throw invalidField(`utm.${parameter}`, `must have at most ${UTM_LENGTH_MAX} characters, on one line.`);
    }
    return value === '' ? [] : [[parameter, value] as const];
  });
  return Object.fromEntries(set);
}

function checkCard(card: Card | null, targets: TargetRules): Card | null {
  if (card === null) return null;
  const title = checkLine(card.title, 'card.title', TITLE_LENGTH_MAX);
  if (title === '') throw invalidField('card.title', 'must not be empty. A card has a title, or is null.');
  const description = checkLine(card.description ?? '', 'card.description', CARD_DESCRIPTION_LENGTH_MAX);
  const imageUrl = card.imageUrl && checkTarget(card.imageUrl, 'card.image_url', targets);
  return {
    title,
    ...(description === '' ? {} : { description }),
    ...(imageUrl === undefined ? {} : { imageUrl }),
  };
}

function checkStart(startsAt: Date | null): Date | null {
  if (startsAt === null || !Number.isNaN(startsAt.getTime())) return startsAt;
  throw invalidField('starts_at', 'must be a time (RFC 3339), or null for from the beginning.');
}

function checkOrder({ startsAt, expiresAt }: LinkContent): void {
  if (startsAt === null || expiresAt === null || startsAt < expiresAt) return;
  throw invalidField('starts_at', 'must be before expires_at.');
}

export function checkExpiry(expiresAt: Date | null, nowMs: number, field = 'expires_at'): Date | null {
  if (expiresAt === null) return null;
  // Not NaN either.
  if (!(expiresAt.getTime() > nowMs)) throw invalidField(field, 'must be a time to come, or null for never.');
  return expiresAt;
}

function checkMaxVisits(maxVisits: number | null): number | null {
  if (maxVisits === null || (Number.isInteger(maxVisits) && maxVisits >= 1 && maxVisits <= VISITS_MAX))
    return maxVisits;
  throw invalidField('max_visits', `must be a whole number from 1 to ${VISITS_MAX}, or null for no limit.`);
}
