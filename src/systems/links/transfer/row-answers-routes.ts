/** What becomes of the rows of a table, in JSON. */
import { type TSchema, Type } from 'typebox';
import { problemOf } from '../../../http/problem.ts';
import { IdText } from '../../../http/user-schema.ts';
import { IMPORT_OUTCOMES, type ImportOutcome, type ImportResult } from './import-results.ts';

const Nullable = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description });

export const RowNumber = Type.Integer({
  minimum: 1,
  description: 'From 1, as the rows were sent; the line with the names of the columns is none.',
});

export const BulkResultSchema = Type.Object(
  {
    row: RowNumber,
    status: Type.Integer({ description: 'As the call about one link would have answered: 201, 422, 409 …' }),
    link: Type.Optional(Type.Unsafe<object>({ $ref: 'Link#', description: 'With 201.' })),
    replayed: Type.Optional(
      Type.Boolean({ description: 'It was made by an earlier request with this key.' }),
    ),
    problem: Type.Optional(Type.Unsafe<object>({ $ref: 'Problem#', description: 'Without 201.' })),
  },
  { $id: 'LinkBulkResult', title: 'LinkBulkResult', description: 'One line of the answer.' },
);

export const ImportResultSchema = Type.Object(
  {
    row: RowNumber,
    outcome: Type.Unsafe<ImportOutcome>({
      type: 'string',
      enum: [...IMPORT_OUTCOMES],
      description:
        'kept: with its code. renamed: with a new code, because its own could not be had. created: with a new code, because it had none. skipped: not taken over. In a dry run: what would be.',
    }),
    source_code: Nullable(
      'What it is opened by there, after its host name if that is not the shortener’s own.',
    ),
    code: Nullable('What it is opened by here; null where that is nothing, or not known before.'),
    link_id: Type.Unsafe<string | null>({ ...IdText, type: ['string', 'null'] }),
    reason: Nullable('Why it was renamed or skipped.'),
    notes: Type.Array(Type.String(), { description: 'What could not be taken over as it was.' }),
  },
  { $id: 'LinkImportResult', title: 'LinkImportResult', description: 'One line of the answer.' },
);

/** Of one that was imported. */
export const LinkImportSchema = Type.Object(
  {
    source: Type.String({ description: 'From where.', examples: ['bitly'] }),
    source_code: Type.String({
      description: 'What it was opened by there, after its host name if that is not the shortener’s own.',
    }),
    created_at: Nullable('When it was made there.'),
    clicks: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'What was counted there, and is not among the clicks that are counted here.',
    }),
  },
  { $id: 'LinkImport', title: 'LinkImport' },
);

export const TRANSFER_SCHEMAS = [BulkResultSchema, ImportResultSchema, LinkImportSchema] as const;

export function presentImportResult(result: ImportResult) {
  return {
    row: result.row,
    outcome: result.outcome,
    source_code: result.sourceCode ?? null,
    code: result.code ?? null,
    link_id: result.linkId === undefined ? null : String(result.linkId),
    reason: result.reason ?? null,
    notes: result.notes,
  };
}

export function failedRow(row: number, error: unknown, requestId: string): object {
  const problem = problemOf(error, requestId);
  return { row, status: problem.status, problem };
}

/** A body or an answer in each of the types. */
export function contentOf(types: Readonly<Record<string, TSchema>>) {
  const content = Object.entries(types).map(([type, schema]) => [type, { schema }] as const);
  return { content: Object.fromEntries(content) };
}
