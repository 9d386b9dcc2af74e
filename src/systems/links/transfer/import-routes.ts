/** Taking over links of other shorteners, and what is known of them from before. */
import { type TSchema, Type } from 'typebox';
import { notFound } from '../../../core/errors.ts';
import { callerOf } from '../../../http/auth.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { bodyOf, streamBodies } from '../../../http/streamed-bodies.ts';
import { LINES_TYPE, sendLines } from '../../../http/streamed-lines.ts';
import type { LinkBodies } from '../link-bodies-routes.ts';
import { LinkIdParams } from '../link-schemas-routes.ts';
import type { Links } from '../links.ts';
import { linkIdOf } from '../links-routes.ts';
import { BULK_BYTES_MAX, BULK_ROWS_MAX } from './bulk-routes.ts';
import { IMPORT_FORMATS, type ImportFormat, openImport } from './import-formats.ts';
import type { LinkImports } from './link-imports.ts';
import { atMost, whileReadable } from './row.ts';
import {
  contentOf,
  ImportResultSchema,
  LinkImportSchema,
  presentImportResult,
} from './row-answers-routes.ts';
import { utf8Text } from './utf8-text.ts';

const MEDIA_TYPES = [
  'text/csv',
  'application/json',
  LINES_TYPE,
  'application/sql',
  'text/plain',
  'application/octet-stream',
];

const ImportQuery = Type.Object(
  {
    format: Type.Unsafe<ImportFormat>({
      type: 'string',
      enum: [...IMPORT_FORMATS],
      description: 'Whose links. csv: our own export, or a table with such columns.',
    }),
    dry_run: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Answer what would become of the rows, and change nothing.',
      }),
    ),
  },
  { additionalProperties: false },
);

export interface ImportRoutesDeps {
  readonly links: Links;
  readonly imports: LinkImports;
  readonly bodies: LinkBodies;
}

export function importRoutes(app: App, deps: ImportRoutesDeps): void {
  void app.register(async (scope: App) => {
    streamBodies(scope, MEDIA_TYPES);
    runRoute(scope, deps);
  });
  sourceRoute(app, deps);
}

function runRoute(scope: App, { imports, bodies }: ImportRoutesDeps): void {
  scope.post(
    '/links/import',
    {
      config: { access: 'user', scope: 'links:write', limit: 'bulk', idempotent: false },
      schema: {
        tags: ['links'],
        summary: 'Take over links of another shortener',
        description: `Up to ${BULK_ROWS_MAX} rows and ${BULK_BYTES_MAX / 1_048_576} MiB; \`groundswell links import\` takes tables of any size. Bitly: the answer of its API or its CSV. YOURLS: its table in CSV, JSON or SQL, or the table of its export plugin. Kutt and Shlink: the answer of their API, or CSV. Which of them it is, is seen from how it begins. Links keep their codes where those are free here, and their host names where those are verified ones of yours. The answer has one line for each row, in order. The same links are not taken over twice: repeat an import that was interrupted.`,
        operationId: 'importLinks',
        querystring: ImportQuery,
        body: contentOf(Object.fromEntries(MEDIA_TYPES.map((type) => [type, tableOf(type)]))),
        response: {
          200: { description: 'One line for each row.', ...contentOf({ [LINES_TYPE]: ImportResultSchema }) },
        },
      },
    },
    async (request, reply) => {
      const { format, dry_run: dryRun = false } = request.query;
      const texts = utf8Text(bodyOf(request, BULK_BYTES_MAX));
      const { rows, read } = openImport(format, texts, bodies.draftOf);
      const results = imports.run({
        ...{ ownerId: callerOf(request).userId, source: format, read, dryRun },
        rows: whileReadable(atMost(rows, BULK_ROWS_MAX)),
      });
      return sendLines(request, reply, async (emit) => {
        for await (const result of results) await emit(presentImportResult(result));
      });
    },
  );
}

/** JSON is as the other shortener writes it. */
function tableOf(type: string): TSchema {
  return type === 'application/json' || type === LINES_TYPE ? Type.Unknown() : Type.String();
}

function sourceRoute(app: App, { links, imports }: ImportRoutesDeps): void {
  app.get(
    '/links/:link_id/import',
    {
      config: { access: 'user', scope: 'links:read' },
      schema: {
        tags: ['links'],
        summary: 'Where an imported link comes from',
        description: 'Not found for one that was made here.',
        operationId: 'getLinkImport',
        params: LinkIdParams,
        response: { 200: reference(LinkImportSchema) },
      },
    },
    async (request) => {
      const { userId } = callerOf(request);
      const { linkId } = await links.get(userId, linkIdOf(request.params));
      const found = (await imports.getMany(userId, [linkId])).get(linkId);
      if (found === undefined) throw notFound('import of this link');
      return {
        source: found.source,
        source_code: found.sourceCode,
        created_at: found.createdAt?.toISOString() ?? null,
        clicks: found.clicks,
      };
    },
  );
}
