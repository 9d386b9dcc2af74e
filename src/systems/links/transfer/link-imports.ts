/**
 * Takes over links of other shorteners: with their codes where those are free, so that what is printed somewhere goes on
 * working. Row by row: one that cannot be taken over does not stop the others. An import may be repeated, after
 * an error or with a later table: what is here already is found again by its source and code.
 */
import { batchesOf } from '../../../core/batches.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError, hasCode } from '../../../core/errors.ts';
import { type Id, shardOf } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Link } from '../link.ts';
import { applyChanges, CONTENT_DEFAULTS } from '../link-draft.ts';
import type { LinkCreation, Links } from '../links.ts';
import type { TargetRules } from '../targets/target-url.ts';
import type { ReadSourceLink, SourceLink } from './formats/source-link.ts';
import { askedOnce, type OwnDomain, placeKey, placeOf } from './import-place.ts';
import {
  type Candidate,
  checkSourceCode,
  draftOf,
  foreseen,
  hereAlready,
  type ImportResult,
  isCandidate,
  refusalOf,
  resultOf,
  skipped,
  TAKEN,
} from './import-results.ts';
import { getImports, getImportsOfCodes, getTakenCodes, insertImports } from './link-imports-queries.ts';
import type { Row } from './row.ts';

/** Rows that are looked up, and written, together. */
export const IMPORT_BATCH = 100;

export interface ImportRequest {
  readonly ownerId: Id;
  /** Whose table it is: with the code, what a link is known by afterwards. */
  readonly source: string;
  readonly read: ReadSourceLink;
  readonly rows: AsyncIterable<Row>;
  /** Changes nothing. */
  readonly dryRun: boolean;
}

/** What is known of a link from before it was imported. */
export interface LinkImport {
  readonly source: string;
  readonly sourceCode: string;
  readonly createdAt: Date | null;
  readonly clicks: number | null;
}

export interface LinkImports {
  /** One result for each row, in order. Fails with `invalid` where the table cannot be read any further. */
  run(request: ImportRequest): AsyncGenerator<ImportResult>;
  /** Of those of the links that were imported. */
  getMany(ownerId: Id, linkIds: readonly Id[]): Promise<ReadonlyMap<Id, LinkImport>>;
}

export interface LinkImportsDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly links: Links;
  readonly targets: TargetRules;
  /** A verified host name of the owner, as it is stored; fails with `invalid` for any other. */
  readonly findDomain: (ownerId: Id, host: string) => Promise<OwnDomain>;
}

/** What the rows of a table so far say of those that follow. */
interface KnownOfTable {
  /** What links are known by, so that what a table has twice is taken once. */
  readonly seen: Set<string>;
  /** Codes that they got, or would get. */
  readonly promised: Set<string>;
  readonly domainOf: (host: string) => Promise<OwnDomain>;
}

export function createLinkImports(deps: LinkImportsDeps): LinkImports {
  const { sql, clock, links, targets, findDomain } = deps;

  async function candidateOf(
    row: Row,
    read: ReadSourceLink,
    domainOf: (host: string) => Promise<OwnDomain>,
  ): Promise<Candidate | ImportResult> {
    if ('problem' in row) return skipped(row.row, undefined, row.problem.message);
    let source: SourceLink | undefined;
    try {
      source = read(row.record);
      checkSourceCode(source.code);
      const { draft, notes } = draftOf(source);
      applyChanges(CONTENT_DEFAULTS, draft, { nowMs: clock.nowMs(), targets });
      const { host, note, ...place } = await placeOf(source, domainOf);
      const allNotes = note === undefined ? notes : [...notes, note];
      return { row: row.row, source, place, draft: { ...draft, host }, notes: allNotes };
    } catch (error) {
      if (error instanceof AppError) return skipped(row.row, source?.code, error.message);
      throw error;
    }
  }

  async function create(candidate: Candidate, ownerId: Id, alias: string | undefined): Promise<Link> {
    const draft = { ...candidate.draft, alias, imported: alias !== undefined };
    const creation = await links.create(ownerId, draft, NOT_ANSWERED);
    return createdLink(creation);
  }

  /** Under its code, or another one when somebody has just taken it. */
  async function take(candidate: Candidate, ownerId: Id, refusal: string | undefined): Promise<ImportResult> {
    const { code } = candidate.source;
    if (code === undefined || refusal !== undefined) {
      const outcome = code === undefined ? 'created' : 'renamed';
      return resultOf(candidate, outcome, await create(candidate, ownerId, undefined), refusal);
    }
    try {
      return resultOf(candidate, 'kept', await create(candidate, ownerId, code), undefined);
    } catch (error) {
      if (!hasCode(error, 'conflict')) throw error;
      return resultOf(candidate, 'renamed', await create(candidate, ownerId, undefined), TAKEN);
    }
  }

  async function takeOrSkip(...args: Parameters<typeof take>): Promise<ImportResult> {
    try {
      return await take(...args);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return skipped(args[0].row, args[0].place.sourceCode, error.message);
    }
  }

  /** Whatever is there now, also what an import that was cut off had made and not remembered. */
  async function remember(
    { ownerId, source }: ImportRequest,
    prepared: readonly (Candidate | ImportResult)[],
    results: readonly ImportResult[],
  ): Promise<void> {
    const known = prepared.flatMap((each, index) => {
      const linkId = results[index]?.linkId;
      if (!isCandidate(each) || each.place.sourceCode === undefined || linkId === undefined) return [];
      return [{ linkId, sourceCode: each.place.sourceCode, ...each.source }];
    });
    if (known.length === 0) return;
    await sql.query(insertImports, [
      shardOf(ownerId),
      ownerId,
      source,
      known.map(({ linkId }) => linkId),
      known.map(({ sourceCode }) => sourceCode),
      known.map(({ createdAt }) => createdAt ?? null),
      known.map(({ clicks }) => clicks ?? null),
    ]);
  }

  async function runBatch(request: ImportRequest, rows: readonly Row[], known: KnownOfTable) {
    const { ownerId, source, read, dryRun } = request;
    const { seen, promised, domainOf } = known;
    const prepared = await Promise.all(rows.map((row) => candidateOf(row, read, domainOf)));
    const coded = prepared.filter(isCandidate).filter((each) => each.source.code !== undefined);
    const [takenRows, importRows] = await Promise.all([
      sql.query(getTakenCodes, [
        coded.map(({ place }) => place.domainId),
        coded.map((each) => each.source.code ?? ''),
      ]),
      sql.query(getImportsOfCodes, [ownerId, source, coded.map(({ place }) => place.sourceCode ?? '')]),
    ]);
    const taken = new Map(takenRows.map((row) => [placeKey(row.domain_id, row.code), row]));
    const imported = new Map(importRows.map((row) => [row.source_code, row.code]));
    const results = await Promise.all(
      prepared.map((each): ImportResult | Promise<ImportResult> => {
        if (!isCandidate(each)) return each;
        const here = hereAlready(each, ownerId, taken, imported, seen);
        if (here !== undefined) return here;
        const refusal = refusalOf(each, taken, promised);
        return dryRun ? foreseen(each, refusal) : takeOrSkip(each, ownerId, refusal);
      }),
    );
    if (!dryRun) await remember(request, prepared, results);
    return results;
  }

  return {
    async *run(request) {
      const known = {
        ...{ seen: new Set<string>(), promised: new Set<string>() },
        domainOf: askedOnce((host) => findDomain(request.ownerId, host)),
      };
      for await (const rows of batchesOf(request.rows, IMPORT_BATCH))
        yield* await runBatch(request, rows, known);
    },

    async getMany(ownerId, linkIds) {
      const rows = await sql.query(getImports, [ownerId, linkIds]);
      return new Map(
        rows.map(({ link_id: linkId, source, source_code: sourceCode, ...row }) => [
          linkId,
          { source, sourceCode, createdAt: row.source_created_at, clicks: row.source_clicks },
        ]),
      );
    },
  };
}

/** A result is answered for the row, in the import's own words. */
const NOT_ANSWERED = { claim: undefined, present: () => ({ status: 201, body: '' }) };

function createdLink(creation: LinkCreation): Link {
  if (creation.outcome === 'created') return creation.link;
  throw new AppError('internal', 'A link without a key was neither made nor refused.');
}
