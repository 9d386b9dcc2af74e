/** What a person types about a rule, and what is sent of it. */
import { Problem } from '../../api/problem.ts';
import type { LinkRule } from '../../api/types.ts';
import { localText, wholeUrl, words } from './field-texts.ts';

export type Browser = NonNullable<LinkRule['browsers']>[number];

export interface RuleForm {
  /** Tells it from the others while they move. */
  readonly key: string;
  readonly url: string;
  readonly device: string;
  readonly languages: string;
  readonly countries: string;
  readonly browsers: readonly Browser[];
  /** As in an address: `ref=poster&draft`; without `=`: with any value. */
  readonly query: string;
  /** With commas between, as the lists above. */
  readonly networks: string;
  readonly percentage: string;
  readonly startsAt: string;
  readonly endsAt: string;
}

export function newRule(): RuleForm {
  return {
    ...{ key: crypto.randomUUID(), url: '', device: '', languages: '', countries: '', percentage: '' },
    ...{ browsers: [], query: '', networks: '', startsAt: '', endsAt: '' },
  };
}

export function ruleOf(form: RuleForm, index: number): LinkRule {
  const { url, device, languages, countries, browsers, query, networks } = form;
  const { percentage, startsAt, endsAt } = form;
  return {
    url: wholeUrl(url),
    ...(device !== '' && { devices: device.split(',') as NonNullable<LinkRule['devices']> }),
    ...(languages.trim() !== '' && { languages: words(languages) }),
    ...(countries.trim() !== '' && { countries: words(countries).map((code) => code.toUpperCase()) }),
    ...(browsers.length > 0 && { browsers: [...browsers] }),
    ...(query.trim() !== '' && { query: parametersOf(query.trim(), `rules.${index}.query`) }),
    ...(networks.trim() !== '' && { networks: words(networks) }),
    ...(percentage.trim() !== '' && { percentage: Number(percentage) }),
    ...(startsAt !== '' && { starts_at: new Date(startsAt).toISOString() }),
    ...(endsAt !== '' && { ends_at: new Date(endsAt).toISOString() }),
  };
}

export function ruleFormOf(rule: LinkRule): RuleForm {
  return {
    ...newRule(),
    url: rule.url,
    device: (rule.devices ?? []).join(),
    languages: (rule.languages ?? []).join(', '),
    countries: (rule.countries ?? []).join(', '),
    browsers: rule.browsers ?? [],
    query: queryTextOf(rule.query ?? {}),
    networks: (rule.networks ?? []).join(', '),
    percentage: rule.percentage === undefined ? '' : String(rule.percentage),
    startsAt: localText(rule.starts_at),
    endsAt: localText(rule.ends_at),
  };
}

/** Decoded as an address is. A parameter has one value: of two, neither is the one that was meant. */
function parametersOf(text: string, field: string): NonNullable<LinkRule['query']> {
  const parameters = text
    .split(/[&\n]/)
    .flatMap((part) =>
      [...new URLSearchParams(part.trim())].map(
        ([name, value]) => [name, part.includes('=') ? value : null] as const,
      ),
    );
  if (new Set(parameters.map(([name]) => name)).size < parameters.length) {
    const message = 'must name each parameter once.';
    throw new Problem(message, { status: 422, errors: [{ field, message }] });
  }
  return Object.fromEntries(parameters);
}

function queryTextOf(parameters: NonNullable<LinkRule['query']>): string {
  const spelled = (text: string) => text.replace(/[%&=+\s]/g, encodeURIComponent);
  return Object.entries(parameters)
    .map(([name, value]) => (value === null ? spelled(name) : `${spelled(name)}=${spelled(value)}`))
    .join('&');
}
