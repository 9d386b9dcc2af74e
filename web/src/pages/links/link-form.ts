/** What a person types about a link, and what is sent of it. */
import type { Link, LinkRule, NewLink } from '../../api/types.ts';
import type { LinkChanges } from '../../state/links.ts';

export interface RuleForm {
  /** Tells it from the others while they move. */
  readonly key: string;
  readonly url: string;
  readonly device: string;
  readonly languages: string;
  readonly countries: string;
  readonly percentage: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface LinkForm {
  readonly url: string;
  readonly alias: string;
  /** Empty: that of the server. */
  readonly host: string;
  readonly title: string;
  /** With commas between. */
  readonly tags: string;
  /** As the field of the browser has it: local time, without its zone. */
  readonly expiresAt: string;
  readonly maxVisits: string;
  readonly password: string;
  readonly removePassword: boolean;
  readonly redirectType: '301' | '302' | '307' | '308';
  readonly passQuery: boolean;
  readonly rules: readonly RuleForm[];
}

export const EMPTY_FORM: LinkForm = {
  ...{ url: '', alias: '', host: '', title: '', tags: '', expiresAt: '', maxVisits: '', password: '' },
  ...{ removePassword: false, redirectType: '302', passQuery: false, rules: [] },
};

export function formOf(link: Link): LinkForm {
  return {
    ...EMPTY_FORM,
    url: link.url,
    title: link.title,
    tags: link.tags.join(', '),
    expiresAt: link.expires_at === null ? '' : localText(link.expires_at),
    maxVisits: link.max_visits === null ? '' : String(link.max_visits),
    redirectType: String(link.redirect_type) as LinkForm['redirectType'],
    passQuery: link.pass_query,
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
  const absent = { title: '', tags: [], rules: [], expires_at: null, max_visits: null, password: null };
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
  const { title, tags, expiresAt, maxVisits, password, redirectType, passQuery, rules } = form;
  return {
    ...(title.trim() !== '' && { title: title.trim() }),
    ...(tags.trim() !== '' && { tags: words(tags) }),
    ...(expiresAt !== '' && { expires_at: new Date(expiresAt).toISOString() }),
    ...(maxVisits.trim() !== '' && { max_visits: Number(maxVisits) }),
    ...(password !== '' && { password }),
    ...(redirectType !== '302' && { redirect_type: Number(redirectType) as 301 }),
    ...(passQuery && { pass_query: true }),
    ...(rules.length > 0 && { rules: rules.map(ruleOf) }),
  };
}

/** People leave out what all addresses begin with. */
export function wholeUrl(text: string): string {
  const url = text.trim();
  return url === '' || /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
}

export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

export function newRule(): RuleForm {
  return {
    ...{ key: crypto.randomUUID(), url: '', device: '', languages: '', countries: '', percentage: '' },
    ...{ startsAt: '', endsAt: '' },
  };
}

function ruleOf({ url, device, languages, countries, percentage, startsAt, endsAt }: RuleForm): LinkRule {
  return {
    url: wholeUrl(url),
    ...(device !== '' && { devices: device.split(',') as NonNullable<LinkRule['devices']> }),
    ...(languages.trim() !== '' && { languages: words(languages) }),
    ...(countries.trim() !== '' && { countries: words(countries).map((code) => code.toUpperCase()) }),
    ...(percentage.trim() !== '' && { percentage: Number(percentage) }),
    ...(startsAt !== '' && { starts_at: new Date(startsAt).toISOString() }),
    ...(endsAt !== '' && { ends_at: new Date(endsAt).toISOString() }),
  };
}

function ruleFormOf(rule: LinkRule): RuleForm {
  return {
    ...newRule(),
    url: rule.url,
    device: (rule.devices ?? []).join(),
    languages: (rule.languages ?? []).join(', '),
    countries: (rule.countries ?? []).join(', '),
    percentage: rule.percentage === undefined ? '' : String(rule.percentage),
    startsAt: rule.starts_at === undefined ? '' : localText(rule.starts_at),
    endsAt: rule.ends_at === undefined ? '' : localText(rule.ends_at),
  };
}

/** `2026-11-22T13:05`, here. */
function localText(at: string): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
