/** All links of an owner, a page at a time: as lines of a table that spreadsheets open, and our import reads back. */
import { ID_MAX, type Id, idTimestamp } from '../../../core/ids.ts';
import { type Link, UTM_PARAMETERS } from '../link.ts';
import type { Links } from '../links.ts';
import { storedRules } from '../rules/stored-rules.ts';
import { storedCard } from '../stored-cards.ts';
import { type Cell, csvText, tagsCell } from './csv-cells.ts';
import type { LinkImport, LinkImports } from './link-imports.ts';

/** Links that are in memory at a time. */
const PAGE = 500;

export interface ExportedLink {
  readonly link: Link;
  /** Of one that was imported. */
  readonly imported: LinkImport | undefined;
}

export interface LinkExportDeps {
  readonly links: Pick<Links, 'page'>;
  readonly imports: Pick<LinkImports, 'getMany'>;
}

/** The newest first. What is made meanwhile is not among them, what is deleted meanwhile may be. */
export async function* exportLinks(
  { links, imports }: LinkExportDeps,
  ownerId: Id,
): AsyncGenerator<ExportedLink[]> {
  let before: Id | undefined = ID_MAX;
  while (before !== undefined) {
    const { items, nextBefore } = await links.page(ownerId, {}, { before, limit: PAGE });
    const linkIds = items.map(({ linkId }) => linkId);
    const imported = items.length === 0 ? new Map() : await imports.getMany(ownerId, linkIds);
    yield items.map((link) => ({ link, imported: imported.get(link.linkId) }));
    before = nextBefore;
  }
}

type Column = (exported: ExportedLink, shortUrl: string) => Cell;

/** The first ones are what a new link is told; the others tell of it. */
const COLUMNS: Readonly<Record<string, Column>> = {
  code: ({ link }) => link.code,
  url: ({ link }) => link.url,
  title: ({ link }) => link.title,
  tags: ({ link }) => tagsCell(link.tags),
  redirect_type: ({ link }) => link.redirectType,
  pass_query: ({ link }) => link.passQuery,
  ...Object.fromEntries(
    UTM_PARAMETERS.map((parameter): [string, Column] => [
      `utm_${parameter}`,
      ({ link }) => link.utm[parameter],
    ]),
  ),
  rules: ({ link }) => storedRules(link.rules),
  card: ({ link }) => link.card && JSON.stringify(storedCard(link.card)),
  enabled: ({ link }) => link.enabled,
  starts_at: ({ link }) => link.startsAt?.toISOString(),
  expires_at: ({ link }) => link.expiresAt?.toISOString(),
  max_visits: ({ link }) => link.maxVisits,
  fallback_url: ({ link }) => link.fallbackUrl,
  host: ({ link }) => link.host,
  short_url: (_, shortUrl) => shortUrl,
  visits: ({ link }) => (link.maxVisits === null ? null : link.visits),
  visit_count: ({ link }) => link.visitCount,
  has_password: ({ link }) => link.hasPassword,
  created_at: ({ link }) => idTimestamp(link.linkId),
  updated_at: ({ link }) => link.updatedAt?.toISOString(),
  source: ({ imported }) => imported?.source,
  source_code: ({ imported }) => imported?.sourceCode,
  source_created_at: ({ imported }) => imported?.createdAt?.toISOString(),
  source_clicks: ({ imported }) => imported?.clicks,
};

export const EXPORT_COLUMNS = Object.keys(COLUMNS);

/** The lines of the table, some at a time; the first ones begin with the names of the columns. */
export async function* exportCsv(
  pages: AsyncIterable<readonly ExportedLink[]>,
  shortUrl: (link: Link) => string,
): AsyncGenerator<string> {
  yield csvText([EXPORT_COLUMNS]);
  for await (const page of pages) {
    const lines = page.map((exported) =>
      Object.values(COLUMNS).map((column) => column(exported, shortUrl(exported.link))),
    );
    if (lines.length > 0) yield csvText(lines);
  }
}
