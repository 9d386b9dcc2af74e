/**
 * Our own table, and lines of JSON: what an export has of a link, and all that a new link can be told. A table of any other
 * shortener whose columns are called so, or as others commonly call them, is read as well.
 */
import { invalidField } from '../../../../core/errors.ts';
import type { LinkDraft } from '../../link.ts';
import { readTagsCell } from '../csv-cells.ts';
import {
  codeIn,
  countOf,
  leftOut,
  neededText,
  type ReadSourceLink,
  type SourceRecord,
  textOf,
  timeIn,
} from './source-link.ts';

export const OWN_TARGETS = [
  'url',
  'long_url',
  'longurl',
  'target',
  'destination',
  'destination_url',
] as const;

/** What is for the link itself; all other columns tell of it. */
const FIELDS = [
  'title',
  'tags',
  'redirect_type',
  'pass_query',
  'utm',
  'rules',
  'card',
  'enabled',
  'starts_at',
  'expires_at',
  'max_visits',
  'fallback_url',
  'host',
];

/** `draftOf` checks the body of a call about one link. */
export function readOwnLink(draftOf: (body: Record<string, unknown>) => LinkDraft): ReadSourceLink {
  return (record) => {
    if (textOf(record, 'has_password') === 'true' || record['has_password'] === true) {
      throw leftOut('It has a password, which is in no export. Make it anew.');
    }
    const given = Object.entries(bodyOfCells(record)).filter(
      ([name, value]) => FIELDS.includes(name) && value !== null,
    );
    const url = neededText(record, ...OWN_TARGETS);
    const draft = draftOf({ ...Object.fromEntries(given), url });
    const shortUrl = textOf(record, 'short_url', 'shorturl', 'short_link', 'link');
    return {
      ...draft,
      startsAt: draft.startsAt ?? undefined,
      expiresAt: draft.expiresAt ?? undefined,
      card: draft.card ?? undefined,
      fallbackUrl: draft.fallbackUrl ?? undefined,
      maxVisits: draft.maxVisits ?? undefined,
      code: textOf(record, 'code', 'alias', 'short_code', 'shortcode', 'slug', 'keyword') ?? codeIn(shortUrl),
      createdAt: timeIn(record, 'source_created_at', 'created_at', 'created', 'date'),
      clicks: countOf(record, 'source_clicks', 'clicks', 'visits'),
    };
  };
}

/** Columns of texts that are something else in JSON: `undefined` leaves the text to be found wrong there. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  tags: readTagsCell,
  redirect_type: numberOf,
  max_visits: numberOf,
  pass_query: booleanOf,
  enabled: booleanOf,
  rules: (text) => jsonOf('rules', text),
  card: (text) => jsonOf('card', text),
};
const UTM = /^utm_(source|medium|campaign|term|content)$/;

/** Cells by the names of their columns, as the body of a call about one link has them. */
export function bodyOfCells(cells: SourceRecord): Record<string, unknown> {
  const utm: Record<string, unknown> = {};
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(cells)) {
    const parameter = UTM.exec(name)?.[1];
    if (parameter !== undefined) utm[parameter] = value;
    else body[name] = typeof value === 'string' ? (READERS[name] ?? asIs)(value) : value;
  }
  return Object.keys(utm).length === 0 ? body : { ...body, utm };
}

function booleanOf(text: string): unknown {
  return { true: true, false: false }[text.toLowerCase()] ?? text;
}

const asIs = (text: string): string => text;

function numberOf(text: string): unknown {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function jsonOf(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField(field, `must be JSON, as the ${field} of a link is in a call.`);
  }
}
