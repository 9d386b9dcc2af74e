/** Shlink: the short URLs of its API (`GET /rest/v3/short-urls`), and the table that its web client exports. */
import {
  codeIn,
  countOf,
  leftOut,
  neededText,
  type SourceLink,
  type SourceRecord,
  tagsOf,
  textOf,
  timeIn,
} from './source-link.ts';

export const SHLINK_LISTS = ['$.shortUrls.data.*', '$.data.*'] as const;
export const SHLINK_TARGETS = ['longUrl', 'longurl'] as const;

export function readShlinkLink(record: SourceRecord): SourceLink {
  const meta = recordIn(record, 'meta');
  const clicks =
    countOf(recordIn(record, 'visitsSummary'), 'total') ?? countOf(record, 'visitsCount', 'visits');
  return {
    url: neededText(record, ...SHLINK_TARGETS),
    code: textOf(record, 'shortCode', 'shortcode') ?? codeIn(textOf(record, 'shortUrl', 'shorturl')),
    sourceHost: textOf(record, 'domain'),
    title: textOf(record, 'title'),
    tags: tagsOf(record, 'tags'),
    createdAt: timeIn(record, 'dateCreated', 'createdAt', 'datecreated', 'createdat'),
    startsAt: timeIn(meta, 'validSince'),
    expiresAt: timeIn(meta, 'validUntil'),
    maxVisits: visitsLeft(countOf(meta, 'maxVisits'), clicks ?? 0),
    // Shlink passes the query on unless told otherwise.
    passQuery: record['forwardQuery'] === undefined ? undefined : record['forwardQuery'] === true,
    clicks,
    notes: record['hasRedirectRules'] === true ? ['Its redirect rules are not in such a list.'] : [],
  };
}

/** The visits that the limit still allows: those from before are not counted here. */
function visitsLeft(maxVisits: number | undefined, visits: number): number | undefined {
  if (maxVisits === undefined) return undefined;
  if (visits >= maxVisits) throw leftOut('All its visits are used up (maxVisits).');
  return maxVisits - visits;
}

function recordIn(record: SourceRecord, name: string): SourceRecord {
  const value = record[name];
  // Whatever object it is, only texts and numbers are taken from it.
  return typeof value === 'object' && value !== null ? (value as SourceRecord) : {};
}
