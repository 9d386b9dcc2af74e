/** Links in JSON: the schemas and shapes that the routes share. */

import { type Static, Type } from 'typebox';
import { idTimestamp } from '../../core/ids.ts';
import { IdText } from '../../http/user-schema.ts';
import { presentTargetCheck, TargetCheckSchema } from './checks/target-check-routes.ts';
import { ALIAS_LENGTH_MAX } from './codes/alias.ts';
import {
  LINK_STATES,
  type Link,
  type LinkChanges,
  type LinkState,
  REDIRECT_TYPES,
  type RedirectType,
  stateOf,
} from './link.ts';
import type { LinkAddresses } from './link-addresses.ts';
import {
  CARD_DESCRIPTION_LENGTH_MAX,
  LINK_PASSWORD_LENGTH_MAX,
  LINK_PASSWORD_LENGTH_MIN,
  TAG_LENGTH_MAX,
  TAGS_MAX,
  TITLE_LENGTH_MAX,
  UTM_LENGTH_MAX,
  VISITS_MAX,
} from './link-draft.ts';
import { NullableTime, Target, Time, timeOf } from './link-fields-routes.ts';
import type { LinkChange } from './links.ts';
import { presentRule, RuleSchema, ruleOfBody } from './rules/rule-schemas-routes.ts';
import { RULES_MAX } from './rules/rules.ts';
import { cardOf, storedCard } from './stored-cards.ts';
import { TARGET_LENGTH_MAX } from './targets/target-url.ts';

const UtmSchema = Type.Object(
  {
    source: Type.Optional(Type.String({ maxLength: UTM_LENGTH_MAX })),
    medium: Type.Optional(Type.String({ maxLength: UTM_LENGTH_MAX })),
    campaign: Type.Optional(Type.String({ maxLength: UTM_LENGTH_MAX })),
    term: Type.Optional(Type.String({ maxLength: UTM_LENGTH_MAX })),
    content: Type.Optional(Type.String({ maxLength: UTM_LENGTH_MAX })),
  },
  { additionalProperties: false, description: 'Added to the target as utm_source and so on.' },
);

const CardObject = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: TITLE_LENGTH_MAX * 4 }),
    description: Type.Optional(Type.String({ maxLength: CARD_DESCRIPTION_LENGTH_MAX * 4 })),
    image_url: Type.Optional(Target),
  },
  {
    additionalProperties: false,
    description: `What messengers and networks show of the link, in place of its target: a title of at most ${TITLE_LENGTH_MAX} characters, a description of ${CARD_DESCRIPTION_LENGTH_MAX}, a picture. Null: they are led to the target, and make a card of that.`,
  },
);
const CardSchema = Type.Unsafe<Static<typeof CardObject> | null>({ ...CardObject, type: ['object', 'null'] });

export const LinkSchema = Type.Object(
  {
    link_id: IdText,
    code: Type.String({ examples: ['4fTq9Zb'] }),
    short_url: Type.String({ examples: ['https://go.example/4fTq9Zb'] }),
    url: Type.String(),
    title: Type.String(),
    tags: Type.Array(Type.String()),
    state: Type.Unsafe<LinkState>({
      type: 'string',
      enum: [...LINK_STATES],
      description: 'active, or why it leads nowhere.',
    }),
    blocked_reason: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Why moderators block it.',
    }),
    warning: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'What visitors read before it leads on, and must agree to. Null: nothing.',
    }),
    host: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Your own host name, or null.',
    }),
    redirect_type: Type.Unsafe<RedirectType>({ type: 'integer', enum: [...REDIRECT_TYPES] }),
    pass_query: Type.Boolean({ description: 'The query of the visit is added to that of the target.' }),
    utm: UtmSchema,
    rules: Type.Array(RuleSchema),
    card: CardSchema,
    enabled: Type.Boolean({ description: 'False: you have turned it off.' }),
    starts_at: NullableTime('Null: from the beginning.'),
    expires_at: NullableTime('Null: never.'),
    fallback_url: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Where it leads when it has expired or is used up; null: nowhere.',
    }),
    max_visits: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Null: without a limit.',
    }),
    visits: Type.Integer({ minimum: 0, description: 'Of those that are limited; 0 without a limit.' }),
    visit_count: Type.Integer({
      minimum: 0,
      description: 'How often people have opened it, without bots and previews; some seconds behind.',
    }),
    has_password: Type.Boolean(),
    target_check: TargetCheckSchema,
    created_at: Time,
    updated_at: NullableTime('Null: never.'),
  },
  { $id: 'Link', title: 'Link' },
);

export const LinkChangeSchema = Type.Object(
  {
    url: Type.String(),
    rules: Type.Array(RuleSchema),
    fallback_url: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    changed_at: Type.String({ format: 'date-time', description: 'When it stopped to lead there.' }),
  },
  { $id: 'LinkChange', title: 'LinkChange' },
);

export const LINK_SCHEMAS = [LinkSchema, LinkChangeSchema] as const;

export const LinkIdParams = Type.Object({ link_id: IdText });

const CHANGES = {
  title: Type.Optional(
    Type.String({ maxLength: TITLE_LENGTH_MAX * 4, description: `At most ${TITLE_LENGTH_MAX} characters.` }),
  ),
  tags: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: TAG_LENGTH_MAX * 4 }), {
      maxItems: TAGS_MAX,
      description: 'For your lists. In lower case.',
    }),
  ),
  redirect_type: Type.Optional(
    Type.Unsafe<RedirectType>({
      type: 'integer',
      enum: [...REDIRECT_TYPES],
      description: '302 by default. 301 and 308 let browsers remember the target, for 30 s.',
    }),
  ),
  pass_query: Type.Optional(
    Type.Boolean({ description: 'Add the query of the visit to the target. By default not.' }),
  ),
  utm: Type.Optional(UtmSchema),
  card: Type.Optional(CardSchema),
  rules: Type.Optional(
    Type.Array(RuleSchema, {
      maxItems: RULES_MAX,
      description: 'Other targets for some; the first that fits counts.',
    }),
  ),
  enabled: Type.Optional(
    Type.Boolean({
      description:
        'False: it leads nowhere (410) from then on, within a second, and keeps its code and statistics. By default true.',
    }),
  ),
  starts_at: Type.Optional(
    NullableTime('Before then it leads nowhere (404). Null: it leads to its target from the beginning.'),
  ),
  expires_at: Type.Optional(NullableTime('From then on it leads nowhere. Null: never.')),
  max_visits: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 1,
      maximum: VISITS_MAX,
      description:
        'Exactly so many visits lead to the target. Bots and previews are none. Null: without a limit.',
    }),
  ),
  fallback_url: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      minLength: 1,
      maxLength: TARGET_LENGTH_MAX,
      description:
        'Where it leads (302) once it has expired or is used up; such visits are not counted. Null: nowhere (410).',
    }),
  ),
  password: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      minLength: LINK_PASSWORD_LENGTH_MIN,
      maxLength: LINK_PASSWORD_LENGTH_MAX,
      description: 'Asked of every visitor. Null: none.',
    }),
  ),
};

export const NewLinkBody = Type.Object(
  {
    url: Target,
    alias: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: ALIAS_LENGTH_MAX,
        description:
          'The code, as you want it: letters, digits, - and _, and slashes between: `spring/berlin`. Not one that looks like another link’s.',
        examples: ['spring-sale'],
      }),
    ),
    host: Type.Optional(Type.String({ maxLength: 253, description: 'A verified host name of yours.' })),
    ...CHANGES,
  },
  { additionalProperties: false },
);

export const LinkChangesBody = Type.Object(
  { url: Type.Optional(Target), ...CHANGES },
  { additionalProperties: false, minProperties: 1 },
);

/** What a body says of a link, but for its url and code. */
export function changesOf(body: Omit<Static<typeof LinkChangesBody>, 'url'>): Omit<LinkChanges, 'url'> {
  return {
    title: body.title,
    tags: body.tags,
    redirectType: body.redirect_type,
    passQuery: body.pass_query,
    utm: body.utm,
    card: body.card && cardOf(body.card),
    enabled: body.enabled,
    maxVisits: body.max_visits,
    password: body.password,
    startsAt: timeOf(body.starts_at),
    expiresAt: timeOf(body.expires_at),
    fallbackUrl: body.fallback_url,
    rules: body.rules?.map(ruleOfBody),
  };
}

export function presentLink(link: Link, addresses: LinkAddresses, nowMs: number): Static<typeof LinkSchema> {
  return {
    link_id: String(link.linkId),
    code: link.code,
    short_url: addresses.shortUrl(link),
    url: link.url,
    title: link.title,
    tags: [...link.tags],
    state: stateOf(link, nowMs),
    blocked_reason: link.blockedReason ?? null,
    warning: link.warning ?? null,
    host: link.host ?? null,
    redirect_type: link.redirectType,
    pass_query: link.passQuery,
    utm: presentUtm(link),
    rules: link.rules.map(presentRule),
    card: link.card && storedCard(link.card),
    enabled: link.enabled,
    starts_at: link.startsAt?.toISOString() ?? null,
    expires_at: link.expiresAt?.toISOString() ?? null,
    fallback_url: link.fallbackUrl,
    max_visits: link.maxVisits,
    visits: link.visits,
    visit_count: link.visitCount,
    has_password: link.hasPassword,
    target_check: presentTargetCheck(link.targetCheck),
    created_at: idTimestamp(link.linkId),
    updated_at: link.updatedAt?.toISOString() ?? null,
  };
}

function presentUtm({ utm }: Link): Static<typeof UtmSchema> {
  return Object.fromEntries(Object.entries(utm).filter(([, value]) => value !== undefined));
}

export function presentChange(change: LinkChange): Static<typeof LinkChangeSchema> {
  const { url, rules, fallbackUrl, changedAt } = change;
  return {
    url,
    rules: rules.map(presentRule),
    fallback_url: fallbackUrl,
    changed_at: changedAt.toISOString(),
  };
}
