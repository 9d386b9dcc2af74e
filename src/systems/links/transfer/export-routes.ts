/** All links of an owner in one answer, which is written while it is read. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import { LINES_TYPE } from '../../../http/streamed-lines.ts';
import type { LinkAddresses } from '../link-addresses.ts';
import { LinkSchema, presentLink } from '../link-schemas-routes.ts';
import type { Links } from '../links.ts';
import { EXPORT_COLUMNS, type ExportedLink, exportCsv, exportLinks } from './link-export.ts';
import type { LinkImports } from './link-imports.ts';
import { contentOf } from './row-answers-routes.ts';

const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

const ExportQuery = Type.Object(
  {
    format: Type.Unsafe<ExportFormat>({
      type: 'string',
      enum: [...EXPORT_FORMATS],
      description: 'csv for spreadsheets, ndjson for programs.',
    }),
  },
  { additionalProperties: false },
);

export interface ExportRoutesDeps {
  readonly links: Links;
  readonly imports: LinkImports;
  readonly addresses: LinkAddresses;
  readonly nowMs: () => number;
}

export function exportRoutes(app: App, deps: ExportRoutesDeps): void {
  app.get(
    '/links/export',
    {
      config: { access: 'user', scope: 'links:read', limit: 'bulk' },
      schema: {
        tags: ['links'],
        summary: 'All your links',
        description: `The newest first. As CSV (RFC 4180, UTF-8) with the columns ${EXPORT_COLUMNS.join(', ')}: cells that a spreadsheet would take for a formula begin with an apostrophe, tags are separated by |, rules are JSON. As lines of JSON: links as everywhere, with \`imported\`. Importing the table elsewhere (format csv) makes the same links; passwords are in no export.`,
        operationId: 'exportLinks',
        querystring: ExportQuery,
        response: {
          200: {
            description: 'A line for each link.',
            ...contentOf({ 'text/csv': Type.String(), [LINES_TYPE]: LinkSchema }),
          },
        },
      },
    },
    async (request, reply) => {
      const pages = exportLinks(deps, callerOf(request).userId);
      const asCsv = request.query.format === 'csv';
      const lines = asCsv ? exportCsv(pages, deps.addresses.shortUrl) : jsonLines(pages, deps);
      return reply
        .type(asCsv ? 'text/csv; charset=utf-8; header=present' : `${LINES_TYPE}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="links.${request.query.format}"`)
        .header('cache-control', 'no-store')
        .send(Readable.from(lines));
    },
  );
}

async function* jsonLines(
  pages: AsyncIterable<readonly ExportedLink[]>,
  { addresses, nowMs }: ExportRoutesDeps,
): AsyncGenerator<string> {
  for await (const page of pages) {
    const lines = page.map(({ link, imported }) => {
      const shown = { ...presentLink(link, addresses, nowMs()), imported: presentImport(imported) };
      return `${JSON.stringify(shown)}\n`;
    });
    if (lines.length > 0) yield lines.join('');
  }
}

function presentImport(imported: ExportedLink['imported']): object | null {
  if (imported === undefined) return null;
  const { source, sourceCode, createdAt, clicks } = imported;
  return { source, source_code: sourceCode, created_at: createdAt?.toISOString() ?? null, clicks };
}
