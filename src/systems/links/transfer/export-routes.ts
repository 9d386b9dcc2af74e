/** All links of an owner, or all clicks of these, in one answer, which is written while it is read. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { callerOf } from '../../../http/auth.ts';
import type { App } from '../../../http/server.ts';
import { LINES_TYPE } from '../../../http/streamed-lines.ts';
import { IdText } from '../../../http/user-schema.ts';
import type { LinkAddresses } from '../link-addresses.ts';
import { timeOf } from '../link-fields-routes.ts';
import { LinkSchema, presentLink } from '../link-schemas-routes.ts';
import type { Links } from '../links.ts';
import { POINTS_MAX } from '../statistics/statistics-range.ts';
import { VISITS } from '../statistics/statistics-routes.ts';
import {
  CLICK_COLUMNS,
  type ClicksExport,
  type ClicksOfDay,
  clicksCsv,
  presentClicksOfDay,
} from './clicks-export.ts';
import { EXPORT_COLUMNS, type ExportedLink, exportCsv, exportLinks } from './link-export.ts';
import type { LinkImports } from './link-imports.ts';
import { contentOf } from './row-answers-routes.ts';

const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
type ExportFormat = (typeof EXPORT_FORMATS)[number];

const Format = Type.Unsafe<ExportFormat>({
  type: 'string',
  enum: [...EXPORT_FORMATS],
  description: 'csv for spreadsheets, ndjson for programs.',
});
const ExportQuery = Type.Object({ format: Format }, { additionalProperties: false });

const Time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
const ClicksQuery = Type.Object(
  {
    format: Format,
    from: Time('Without it: as far back as is kept.'),
    to: Time('Without it: now.'),
    interval: Type.Optional(
      Type.Unsafe<'day'>({ type: 'string', enum: ['day'], description: 'Clicks are told by day (UTC).' }),
    ),
  },
  { additionalProperties: false },
);

const ClicksOfDaySchema = Type.Object(
  {
    ...{ link_id: IdText, code: Type.String(), short_url: Type.String() },
    day: Type.String({ format: 'date', description: 'UTC.' }),
    ...VISITS,
  },
  { title: 'LinkClicksOfDay' },
);

export interface ExportRoutesDeps {
  readonly links: Links;
  readonly imports: LinkImports;
  readonly clicksExport: ClicksExport;
  readonly addresses: LinkAddresses;
  readonly nowMs: () => number;
}

export function exportRoutes(app: App, deps: ExportRoutesDeps): void {
  linksRoute(app, deps);
  clicksRoute(app, deps);
}

function linksRoute(app: App, deps: ExportRoutesDeps): void {
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
      const { format } = request.query;
      const { addresses, nowMs } = deps;
      const present = ({ link, imported }: ExportedLink) => ({
        ...presentLink(link, addresses, nowMs()),
        imported: presentImport(imported),
      });
      const lines = format === 'csv' ? exportCsv(pages, addresses.shortUrl) : jsonLines(pages, present);
      return sendTable(reply, 'links', format, lines);
    },
  );
}

function clicksRoute(app: App, { addresses, clicksExport }: ExportRoutesDeps): void {
  app.get(
    '/links/clicks/export',
    {
      // Of a time that is no longer kept.
      config: { access: 'user', scope: 'links:read', limit: 'bulk', problems: [404] },
      schema: {
        tags: ['links'],
        summary: 'Clicks of all your links, by day',
        description: `A line for each day (UTC) on which a link was opened: the newest link first, its days in order. A range is widened to whole days, of which there are at most ${POINTS_MAX}; days that are no longer kept cannot be asked for. As CSV (RFC 4180, UTF-8) with the columns ${CLICK_COLUMNS.join(', ')}; as lines of JSON with the same names. Some seconds behind.`,
        operationId: 'exportClicks',
        querystring: ClicksQuery,
        response: {
          200: {
            description: 'A line for each day of each link.',
            ...contentOf({ 'text/csv': Type.String(), [LINES_TYPE]: ClicksOfDaySchema }),
          },
        },
      },
    },
    async (request, reply) => {
      const { format, from, to } = request.query;
      const range = { fromMs: timeOf(from)?.getTime(), toMs: timeOf(to)?.getTime() };
      const pages = clicksExport.open(callerOf(request).userId, range);
      const { shortUrl } = addresses;
      const present = (clicks: ClicksOfDay) => presentClicksOfDay(clicks, shortUrl);
      const lines = format === 'csv' ? clicksCsv(pages, shortUrl) : jsonLines(pages, present);
      return sendTable(reply, 'clicks', format, lines);
    },
  );
}

function sendTable(
  reply: FastifyReply,
  name: string,
  format: ExportFormat,
  lines: AsyncIterable<string>,
): FastifyReply {
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : `${LINES_TYPE}; charset=utf-8`)
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
    .header('cache-control', 'no-store')
    .send(Readable.from(lines));
}

async function* jsonLines<Item>(
  pages: AsyncIterable<readonly Item[]>,
  present: (item: Item) => object,
): AsyncGenerator<string> {
  for await (const page of pages) {
    if (page.length > 0) yield page.map((item) => `${JSON.stringify(present(item))}\n`).join('');
  }
}

function presentImport(imported: ExportedLink['imported']): object | null {
  if (imported === undefined) return null;
  const { source, sourceCode, createdAt, clicks } = imported;
  return { source, source_code: sourceCode, created_at: createdAt?.toISOString() ?? null, clicks };
}
