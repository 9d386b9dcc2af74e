/** Rules: which are allowed. */
import { isAddressRange } from '../../../core/address-range.ts';
import { invalidField } from '../../../core/errors.ts';
import type { Rule } from '../link.ts';
import { checkTarget, type TargetRules } from '../targets/target-url.ts';

export const RULES_MAX = 20;
export const RULE_VALUES_MAX = 50;
export const RULE_QUERY_MAX = 10;
export const RULE_QUERY_LENGTH_MAX = 100;

/** The rules with their parts in canonical form. Fails with `invalid`, naming what is wrong as `rules.0.url`. */
export function checkRules(rules: readonly Rule[], targets: TargetRules): Rule[] {
  if (rules.length > RULES_MAX) throw invalidField('rules', `must be at most ${RULES_MAX}.`);
  const percentages = rules.reduce((sum, { percentage = 0 }) => sum + percentage, 0);
  if (percentages > 100) throw invalidField('rules', 'must not have percentages of more than 100 together.');
  return rules.map((rule, index) => checkRule(rule, `rules.${index}`, targets));
}

function checkRule(rule: Rule, field: string, targets: TargetRules): Rule {
  const { devices, languages, countries, browsers, query, networks, startsAt, endsAt, percentage } = rule;
  const lists = [devices, languages, countries, browsers, networks];
  const conditions = [...lists, query, startsAt, endsAt, percentage];
  if (conditions.every((condition) => condition === undefined)) {
    throw invalidField(
      field,
      'must have at least one condition. What is for everybody is the url of the link.',
    );
  }
  for (const values of lists) {
    if (values !== undefined && (values.length === 0 || values.length > RULE_VALUES_MAX)) {
      throw invalidField(field, `must have 1 to ${RULE_VALUES_MAX} values for a condition, or leave it out.`);
    }
  }
  if (startsAt !== undefined && endsAt !== undefined && startsAt >= endsAt) {
    throw invalidField(`${field}.ends_at`, 'must be after starts_at.');
  }
  if (percentage !== undefined && !(Number.isInteger(percentage) && percentage >= 1 && percentage <= 100)) {
    throw invalidField(`${field}.percentage`, 'must be a whole number from 1 to 100.');
  }
  return {
    url: checkTarget(rule.url, `${field}.url`, targets),
    ...(devices === undefined ? {} : { devices: [...new Set(devices)] }),
    ...(languages === undefined
      ? {}
      : { languages: languages.map((tag) => checkLanguage(tag, `${field}.languages`)) }),
    ...(countries === undefined
      ? {}
      : { countries: countries.map((code) => checkCountry(code, `${field}.countries`)) }),
    ...(browsers === undefined ? {} : { browsers: [...new Set(browsers)] }),
    ...(query === undefined ? {} : { query: checkQuery(query, `${field}.query`) }),
    ...(networks === undefined
      ? {}
      : { networks: networks.map((network) => checkNetwork(network, `${field}.networks`)) }),
    ...(startsAt === undefined ? {} : { startsAt: checkTime(startsAt, `${field}.starts_at`) }),
    ...(endsAt === undefined ? {} : { endsAt: checkTime(endsAt, `${field}.ends_at`) }),
    ...(percentage === undefined ? {} : { percentage }),
  };
}

function checkLanguage(tag: string, field: string): string {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag);
    if (canonical !== undefined) return canonical;
  } catch {
    // As below.
  }
  throw invalidField(field, 'must be language tags such as "en" or "pt-BR".');
}

function checkCountry(code: string, field: string): string {
  if (/^[A-Za-z]{2}$/.test(code)) return code.toUpperCase();
  throw invalidField(field, 'must be country codes of two letters (ISO 3166-1), such as "DE".');
}

/** Whatever a URL can carry, decoded. Control characters, and halves of characters, can stand in no rule. */
function checkQuery(query: NonNullable<Rule['query']>, field: string): NonNullable<Rule['query']> {
  const parameters = Object.entries(query);
  if (parameters.length === 0 || parameters.length > RULE_QUERY_MAX) {
    throw invalidField(field, `must have 1 to ${RULE_QUERY_MAX} parameters, or be left out.`);
  }
  for (const [name, value] of parameters) {
    const texts = [name, value ?? ''];
    const areFit = texts.every(
      (text) => text.length <= RULE_QUERY_LENGTH_MAX && !/[\p{Cc}\p{Cs}]/u.test(text),
    );
    if (name === '' || !areFit) {
      throw invalidField(field, `must have names and values of at most ${RULE_QUERY_LENGTH_MAX} characters.`);
    }
  }
  return query;
}

function checkNetwork(network: string, field: string): string {
  if (isAddressRange(network)) return network.toLowerCase();
  throw invalidField(field, 'must be addresses, or networks such as "192.0.2.0/24" or "2001:db8::/32".');
}

function checkTime(time: Date, field: string): Date {
  if (Number.isNaN(time.getTime())) throw invalidField(field, 'must be a time (RFC 3339).');
  return time;
}
