/** Rules as the database and the events have them. */
import type { Browser, Device, Rule } from '../link.ts';

export interface StoredRule {
  readonly url: string;
  readonly devices?: readonly Device[];
  readonly languages?: readonly string[];
  readonly countries?: readonly string[];
  readonly browsers?: readonly Browser[];
  readonly query?: Readonly<Record<string, string | null>>;
  readonly networks?: readonly string[];
  readonly starts_at?: string;
  readonly ends_at?: string;
  readonly percentage?: number;
}

export function storedRule(rule: Rule): StoredRule {
  const { url, devices, languages, countries, browsers, query, networks, startsAt, endsAt, percentage } =
    rule;
  return {
    url,
    ...(devices === undefined ? {} : { devices }),
    ...(languages === undefined ? {} : { languages }),
    ...(countries === undefined ? {} : { countries }),
    ...(browsers === undefined ? {} : { browsers }),
    ...(query === undefined ? {} : { query }),
    ...(networks === undefined ? {} : { networks }),
    ...(startsAt === undefined ? {} : { starts_at: startsAt.toISOString() }),
    ...(endsAt === undefined ? {} : { ends_at: endsAt.toISOString() }),
    ...(percentage === undefined ? {} : { percentage }),
  };
}

/** JSON; null for none. */
export function storedRules(rules: readonly Rule[]): string | null {
  return rules.length === 0 ? null : JSON.stringify(rules.map(storedRule));
}

export function ruleOf({ starts_at: startsAt, ends_at: endsAt, ...rest }: StoredRule): Rule {
  return {
    ...rest,
    ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
    ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt) }),
  };
}
