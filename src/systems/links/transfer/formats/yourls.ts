/**
 * YOURLS: its table `yourls_url` in CSV, JSON or SQL, the answer of its API (`action=stats`), and the table of the plugin
 * YOURLS-Import-Export (source, target, hits).
 */
import {
  codeIn,
  countOf,
  neededText,
  type SourceLink,
  type SourceRecord,
  textOf,
  timeIn,
} from './source-link.ts';

export const YOURLS_LISTS = ['$.links.*', '$.result.*'] as const;
export const YOURLS_TARGETS = ['url', 'target'] as const;

export function readYourlsLink(record: SourceRecord): SourceLink {
  const url = neededText(record, ...YOURLS_TARGETS);
  const title = textOf(record, 'title');
  return {
    url,
    code: textOf(record, 'keyword') ?? codeIn(textOf(record, 'shorturl', 'source')),
    // Where a page has no title, YOURLS has its address there.
    title: title === url ? undefined : title,
    createdAt: timeIn(record, 'timestamp'),
    clicks: countOf(record, 'clicks', 'hits'),
  };
}
