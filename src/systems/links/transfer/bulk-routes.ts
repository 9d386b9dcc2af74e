/** Many links in one call: a row of a table is as a call about one link, and is answered as one. */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { IdempotencyClaim } from '../../../core/idempotency.ts';
import { workInOrder } from '../../../core/ordered-work.ts';
import { callerOf } from '../../../http/auth.ts';
import { claimOf, keyInFlight, keyReused } from '../../../http/idempotency.ts';
import type { App } from '../../../http/server.ts';
import { bodyOf, mediaTypeOf, streamBodies } from '../../../http/streamed-bodies.ts';
import { LINES_TYPE, sendLines } from '../../../http/streamed-lines.ts';
import type { Link } from '../link.ts';
import type { LinkAddresses } from '../link-addresses.ts';
import type { LinkBodies } from '../link-bodies-routes.ts';
import { NewLinkBody, presentLink } from '../link-schemas-routes.ts';
import { LINK_BATCH_MAX } from '../link-writer.ts';
import type { Links } from '../links.ts';
import { readCell } from './csv-cells.ts';
import { csvRows } from './csv-rows.ts';
import { bodyOfCells } from './formats/groundswell.ts';
import { jsonRows } from './json-rows.ts';
import { ndjsonRows } from './ndjson-rows.ts';
import { atMost, type Row, whileReadable } from './row.ts';
import { BulkResultSchema, contentOf, failedRow } from './row-answers-routes.ts';
import { utf8Text } from './utf8-text.ts';

export const BULK_ROWS_MAX = 10_000;
export const BULK_BYTES_MAX = 16 * 1_048_576;
/** Each takes the time of a sign-in to hash: as many as that takes some seconds for. */
export const BULK_PASSWORDS_MAX = 100;
/** Enough that both batches of the writer are always full. */
const AT_ONCE = 2 * LINK_BATCH_MAX;

const CSV_TYPE = 'text/csv';
const JSON_TYPE = 'application/json';
/** Columns of CSV: the fields of a link, and those of `utm` one by one. */
const COLUMNS = [
  ...Object.keys(NewLinkBody.properties).filter((name) => name !== 'utm'),
  ...['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'],
];

export interface BulkRoutesDeps {
  readonly links: Links;
  readonly bodies: LinkBodies;
  readonly addresses: LinkAddresses;
  readonly nowMs: () => number;
}

export function bulkRoutes(app: App, deps: BulkRoutesDeps): void {
  // A scope of its own, because of its bodies.
  void app.register(async (scope: App) => {
    streamBodies(scope, [LINES_TYPE, JSON_TYPE, CSV_TYPE]);
    createRoute(scope, deps);
  });
}

function createRoute(scope: App, deps: BulkRoutesDeps): void {
  scope.post(
    '/links/bulk',
    {
      config: { access: 'user', scope: 'links:write', limit: 'bulk' },
      schema: {
        tags: ['links'],
        summary: 'Make many short links',
        description: `Up to ${BULK_ROWS_MAX} rows and ${BULK_BYTES_MAX / 1_048_576} MiB: lines of JSON, a JSON array, or CSV (RFC 4180, UTF-8; semicolons and tabs part cells, too) with the columns ${COLUMNS.join(', ')}, of which tags are separated by | and rules are JSON. Each row is a link of its own, with the fields of the call about one; a wrong row does not stop the others. The answer has one line for each row, in order, and begins before all is read. At most ${BULK_PASSWORDS_MAX} of the links may have a password. With an Idempotency-Key, a row that was carried out is not carried out again when the same table is sent again with the same key: every row has a key of its own, made of the key and its number. So an interrupted call is repeated as it was.`,
        operationId: 'createLinks',
        body: contentOf({
          [LINES_TYPE]: NewLinkBody,
          [JSON_TYPE]: Type.Array(NewLinkBody, { maxItems: BULK_ROWS_MAX }),
          [CSV_TYPE]: Type.String({ description: 'The names of the columns in the first line.' }),
        }),
        response: {
          200: { description: 'One line for each row.', ...contentOf({ [LINES_TYPE]: BulkResultSchema }) },
        },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const claim = claimOf(request);
      const rows = whileReadable(atMost(rowsOf(request), BULK_ROWS_MAX));
      const present = (link: Link) => JSON.stringify(presentLink(link, deps.addresses, deps.nowMs()));
      const passwords = countedPasswords();
      const create = async (row: Row): Promise<object> => {
        if ('problem' in row) throw row.problem;
        const draft = deps.bodies.draftOf(bodyOfRow(request, row.record));
        const write = () =>
          deps.links.create(userId, draft, {
            claim: rowClaim(claim, row.row, row.record),
            present: (link) => ({ status: 201, body: present(link) }),
          });
        const creation = await (typeof draft.password === 'string' ? passwords.next(write) : write());
        if (creation.outcome === 'key_reused') throw keyReused();
        if (creation.outcome === 'key_in_flight') throw keyInFlight();
        const replayed = creation.outcome === 'replayed' ? { replayed: true } : {};
        return { row: row.row, status: 201, ...replayed, link: JSON.parse(creation.answer.body) };
      };
      const answer = (row: Row) => create(row).catch((error) => failedRow(row.row, error, request.id));
      return sendLines(request, reply, (emit) => workInOrder(rows, AT_ONCE, answer, emit));
    },
  );
}

function rowsOf(request: FastifyRequest): AsyncIterable<Row> {
  const texts = utf8Text(bodyOf(request, BULK_BYTES_MAX));
  switch (mediaTypeOf(request)) {
    case CSV_TYPE:
      return csvRows(texts, { nameOf: columnOf, read: readCell });
    case JSON_TYPE:
      return jsonRows(texts);
    default:
      return ndjsonRows(texts);
  }
}

function columnOf(column: string): string {
  if (COLUMNS.includes(column)) return column;
  throw invalidField('body', `has the column "${column}". There may be ${COLUMNS.join(', ')}.`);
}

function bodyOfRow(
  request: FastifyRequest,
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return mediaTypeOf(request) === CSV_TYPE ? bodyOfCells(record) : record;
}

/**
 * The key of a row. No client can send it, because of the space. A password is no part of what it stands for: a fast hash
 * of one must not be stored.
 */
function rowClaim(
  claim: IdempotencyClaim | undefined,
  row: number,
  { password: _, ...record }: Readonly<Record<string, unknown>>,
): IdempotencyClaim | undefined {
  if (claim === undefined) return undefined;
  const fingerprint = createHash('sha256').update(claim.fingerprint).update(JSON.stringify(record)).digest();
  return { principalId: claim.principalId, key: `${claim.key} ${row}`, fingerprint };
}

/** One after the other: the server hashes few at once, refuses when many wait, and others want to sign in meanwhile. */
function countedPasswords() {
  let counted = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async next<Result>(work: () => Promise<Result>): Promise<Result> {
      counted += 1;
      if (counted > BULK_PASSWORDS_MAX) throw tooManyPasswords();
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    },
  };
}

function tooManyPasswords(): AppError {
  const message = `may be given to ${BULK_PASSWORDS_MAX} links of a table. Make the others in further calls.`;
  return new AppError('invalid', `password: ${message}`, { fields: [{ field: 'password', message }] });
}
