/** What a person types about a rule, and what is sent of it. */
import type { LinkRule } from '../../api/types.ts';
import { localText, wholeUrl, words } from './field-texts.ts';

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

export function newRule(): RuleForm {
  return {
    ...{ key: crypto.randomUUID(), url: '', device: '', languages: '', countries: '', percentage: '' },
    ...{ startsAt: '', endsAt: '' },
  };
}

export function ruleOf(form: RuleForm): LinkRule {
  const { url, device, languages, countries, percentage, startsAt, endsAt } = form;
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

export function ruleFormOf(rule: LinkRule): RuleForm {
  return {
    ...newRule(),
    url: rule.url,
    device: (rule.devices ?? []).join(),
    languages: (rule.languages ?? []).join(', '),
    countries: (rule.countries ?? []).join(', '),
    percentage: rule.percentage === undefined ? '' : String(rule.percentage),
    startsAt: localText(rule.starts_at),
    endsAt: localText(rule.ends_at),
  };
}
