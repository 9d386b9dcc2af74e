/** What a person types about a link, and what is sent of it. */
import type { Link, NewLink } from '../../api/types.ts';
import type { LinkChanges } from '../../state/links.ts';
import { type Campaign, isEmptyCampaign, NO_CAMPAIGN, utmOf } from './campaign.ts';
import { localText, wholeUrl, words } from './field-texts.ts';
import { type RuleForm, ruleFormOf, ruleOf } from './rule-form.ts';

export interface CardForm {
  readonly title: string;
  readonly description: string;
  readonly imageUrl: string;
}

const NO_CARD: CardForm = { title: '', description: '', imageUrl: '' };

export interface LinkForm {
  readonly url: string;
  readonly alias: string;
  /** Empty: that of the server. */
  readonly host: string;
  readonly title: string;
  /** With commas between. */
  readonly tags: string;
  /** As the field of the browser has it: local time, without its zone. */
  readonly startsAt: string;
  readonly expiresAt: string;
  readonly maxVisits: string;
  readonly fallbackUrl: string;
  readonly password: string;
  readonly removePassword: boolean;
  readonly redirectType: '301' | '302' | '307' | '308';
  readonly passQuery: boolean;
  readonly utm: Campaign;
  readonly card: CardForm;
  readonly rules: readonly RuleForm[];
}

export const EMPTY_FORM: LinkForm = {
  ...{ url: '', alias: '', host: '', title: '', tags: '', startsAt: '', expiresAt: '', maxVisits: '' },
  ...{ fallbackUrl: '', password: '' },
  ...{
    removePassword: false,
    redirectType: '302',
    passQuery: false,
    utm: NO_CAMPAIGN,
    card: NO_CARD,
    rules: [],
  },
};

export function formOf(link: Link): LinkForm {
  return {
    ...EMPTY_FORM,
    url: link.url,
    title: link.title,
    tags: link.tags.join(', '),
    startsAt: localText(link.starts_at),
    expiresAt: localText(link.expires_at),
    maxVisits: link.max_visits === null ? '' : String(link.max_visits),
    fallbackUrl: link.fallback_url ?? '',
    redirectType: String(link.redirect_type) as LinkForm['redirectType'],
    passQuery: link.pass_query,
    utm: { ...NO_CAMPAIGN, ...link.utm },
    card: cardFormOf(link.card),
    rules: link.rules.map(ruleFormOf),
  };
}

export function newLinkOf(form: LinkForm): NewLink {
  const { alias, host } = form;
  return {
    ...contentOf(form),
    url: wholeUrl(form.url),
    ...(alias.trim() !== '' && { alias: alias.trim() }),
    ...(host !== '' && { host }),
  };
}

/** Only what differs: what a link has already may not be allowed any more, such as an end that has passed. */
export function changesOf(form: LinkForm, link: Link): LinkChanges {
  const before = { url: link.url, ...contentOf(formOf(link)) };
  const after = { url: wholeUrl(form.url), ...contentOf(form) };
  const absent = { title: '', tags: [], rules: [], utm: {} };
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof LinkChanges>;
  const changed = [...names].filter((name) => {
    const now = (after as LinkChanges)[name];
    return JSON.stringify(now) !== JSON.stringify((before as LinkChanges)[name]);
  });
  const changes = changed.map((name) => [
    name,
    (after as LinkChanges)[name] ?? (absent as LinkChanges)[name] ?? defaultOf(name),
  ]);
  return {
    ...Object.fromEntries(changes),
    ...(form.removePassword && form.password === '' && { password: null }),
  };
}

function defaultOf(name: keyof LinkChanges): unknown {
  return { redirect_type: 302, pass_query: false }[name as 'redirect_type'] ?? null;
}

function contentOf(form: LinkForm): Omit<NewLink, 'url'> {
  const { title, tags, startsAt, expiresAt, maxVisits, fallbackUrl, password } = form;
  const { redirectType, passQuery, utm, card, rules } = form;
  return {
    ...(title.trim() !== '' && { title: title.trim() }),
    ...(tags.trim() !== '' && { tags: words(tags) }),
    ...(startsAt !== '' && { starts_at: new Date(startsAt).toISOString() }),
    ...(expiresAt !== '' && { expires_at: new Date(expiresAt).toISOString() }),
    ...(maxVisits.trim() !== '' && { max_visits: Number(maxVisits) }),
    ...(fallbackUrl.trim() !== '' && { fallback_url: wholeUrl(fallbackUrl) }),
    ...(password !== '' && { password }),
    ...(redirectType !== '302' && { redirect_type: Number(redirectType) as 301 }),
    ...(passQuery && { pass_query: true }),
    ...(!isEmptyCampaign(utm) && { utm: utmOf(utm) }),
    ...(Object.values(card).some((text) => text.trim() !== '') && { card: cardOf(card) }),
    ...(rules.length > 0 && { rules: rules.map(ruleOf) }),
  };
}

function cardFormOf(card: Link['card']): CardForm {
  const { title = '', description = '', image_url: imageUrl = '' } = card ?? {};
  return { title, description, imageUrl };
}

function cardOf({ title, description, imageUrl }: CardForm): NonNullable<NewLink['card']> {
  return {
    title: title.trim(),
    ...(description.trim() !== '' && { description: description.trim() }),
    ...(imageUrl.trim() !== '' && { image_url: wholeUrl(imageUrl) }),
  };
}
