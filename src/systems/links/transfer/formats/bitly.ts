/**
 * Bitly: the links of its API (`GET /v4/groups/{group_guid}/bitlinks`), and tables that it exports. It documents the
 * former; of tables the columns are found by their names, of which it has used several over the years.
 */
import {
  codeIn,
  countOf,
  hostIn,
  neededText,
  type SourceLink,
  type SourceRecord,
  tagsOf,
  textOf,
  timeIn,
} from './source-link.ts';

export const BITLY_LISTS = ['$.links.*'] as const;
export const BITLY_TARGETS = ['long_url', 'destination', 'destination_url', 'original_url', 'url'] as const;
const BITLY_HOST = 'bit.ly';

export function readBitlyLink(record: SourceRecord): SourceLink {
  const [custom, ...others] = tagsOf(record, 'custom_bitlinks', 'custom_back_half', 'custom_link');
  const made = textOf(record, 'link', 'short_link', 'short_url', 'shortlink', 'bitlink', 'bitlink_id', 'id');
  const dropped = [...others, ...(custom === undefined || made === undefined ? [] : [made])];
  const host = hostIn(custom ?? made);
  return {
    url: neededText(record, ...BITLY_TARGETS),
    // What somebody chose is what is printed somewhere.
    code: codeIn(custom ?? made),
    sourceHost: host === BITLY_HOST ? undefined : host,
    title: textOf(record, 'title', 'link_title', 'name'),
    tags: tagsOf(record, 'tags', 'tag'),
    createdAt: timeIn(record, 'created_at', 'created', 'created_date', 'date_created', 'creation_date'),
    clicks: countOf(record, 'clicks', 'total_clicks', 'engagements', 'total_engagements'),
    notes: dropped.length === 0 ? [] : [`It was also opened as ${dropped.join(', ')}.`],
  };
}
