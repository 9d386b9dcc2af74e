/** Rules in JSON. */
import { type Static, Type } from 'typebox';
import { BROWSERS, type Browser, DEVICES, type Device, type Rule } from '../link.ts';
import { Target, Time, timeOf } from '../link-fields-routes.ts';
import { RULE_QUERY_LENGTH_MAX, RULE_QUERY_MAX, RULE_VALUES_MAX } from './rules.ts';
import { storedRule } from './stored-rules.ts';

export const RuleSchema = Type.Object(
  {
    url: Target,
    devices: Type.Optional(
      Type.Array(Type.Unsafe<Device>({ type: 'string', enum: [...DEVICES] }), {
        minItems: 1,
        maxItems: RULE_VALUES_MAX,
        description: 'mobile: any telephone or tablet. An iPad that poses as a Mac is a desktop.',
      }),
    ),
    languages: Type.Optional(
      Type.Array(Type.String({ maxLength: 35 }), {
        minItems: 1,
        maxItems: RULE_VALUES_MAX,
        description: 'BCP 47, of which the visitor prefers one: "pt" is "pt-BR" too.',
      }),
    ),
    countries: Type.Optional(
      Type.Array(Type.String({ minLength: 2, maxLength: 2 }), {
        minItems: 1,
        maxItems: RULE_VALUES_MAX,
        description: 'ISO 3166-1, "DE".',
      }),
    ),
    browsers: Type.Optional(
      Type.Array(Type.Unsafe<Browser>({ type: 'string', enum: [...BROWSERS] }), {
        minItems: 1,
        maxItems: RULE_VALUES_MAX,
        description: 'What most of those that are built on Chromium say they are is chrome.',
      }),
    ),
    query: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: RULE_QUERY_LENGTH_MAX }),
        Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: RULE_QUERY_LENGTH_MAX }),
        {
          minProperties: 1,
          maxProperties: RULE_QUERY_MAX,
          description: 'Of the address that the visitor opens: {"ref": "poster"}. Null: with any value.',
          examples: [{ ref: 'poster' }],
        },
      ),
    ),
    networks: Type.Optional(
      Type.Array(Type.String({ minLength: 2, maxLength: 49 }), {
        minItems: 1,
        maxItems: RULE_VALUES_MAX,
        description: 'Addresses and networks of visitors, IPv4 or IPv6: "192.0.2.0/24".',
      }),
    ),
    starts_at: Type.Optional(Time),
    ends_at: Type.Optional(Time),
    percentage: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description:
          'Of the visitors, others than those of the other rules. The same visitor gets the same target.',
      }),
    ),
  },
  {
    additionalProperties: false,
    title: 'Rule',
    description: 'All that is given must hold, besides the target at least one.',
  },
);

export function ruleOfBody({ starts_at, ends_at, ...rest }: Static<typeof RuleSchema>): Rule {
  return { ...rest, startsAt: timeOf(starts_at) ?? undefined, endsAt: timeOf(ends_at) ?? undefined };
}

export function presentRule(rule: Rule): Static<typeof RuleSchema> {
  const { devices, languages, countries, browsers, query, networks, ...rest } = storedRule(rule);
  return {
    ...rest,
    ...(devices === undefined ? {} : { devices: [...devices] }),
    ...(languages === undefined ? {} : { languages: [...languages] }),
    ...(countries === undefined ? {} : { countries: [...countries] }),
    ...(browsers === undefined ? {} : { browsers: [...browsers] }),
    ...(query === undefined ? {} : { query: { ...query } }),
    ...(networks === undefined ? {} : { networks: [...networks] }),
  };
}
