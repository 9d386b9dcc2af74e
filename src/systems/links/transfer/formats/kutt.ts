/** Kutt: the links of its API (`GET /api/v2/links`), or a table of its database. */
import {
  countOf,
  leftOut,
  neededText,
  type SourceLink,
  type SourceRecord,
  textOf,
  timeIn,
} from './source-link.ts';

export const KUTT_LISTS = ['$.data.*'] as const;
export const KUTT_TARGETS = ['target'] as const;

export function readKuttLink(record: SourceRecord): SourceLink {
  if (isSet(record['banned'])) throw leftOut('It was banned there.');
  // Without its password it would be open to everyone, and Kutt says only that there is one.
  if (isSet(record['password'])) throw leftOut('It has a password, which Kutt does not tell. Make it anew.');
  return {
    url: neededText(record, ...KUTT_TARGETS),
    code: textOf(record, 'address'),
    sourceHost: textOf(record, 'domain'),
    title: textOf(record, 'description'),
    createdAt: timeIn(record, 'created_at'),
    expiresAt: timeIn(record, 'expire_in'),
    clicks: countOf(record, 'visit_count'),
  };
}

/** True in JSON, in a table of PostgreSQL, or of SQLite; a password is also its hash. */
function isSet(value: unknown): boolean {
  return !UNSET.includes(value);
}

const UNSET: readonly unknown[] = [undefined, null, false, '', 'f', 'false', '0', 0];
