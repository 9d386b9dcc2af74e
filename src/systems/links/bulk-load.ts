/** Loads many plain links at once, for benchmarks. */
import { assert } from '../../core/errors.ts';
import { type Id, shardOf } from '../../core/ids.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import { LOADED_COLUMNS, leaseCodes } from './bulk-load-queries.ts';
import { codeText } from './codes/base62.ts';
import { getSecret } from './codes/codes-queries.ts';
import { createPermutation } from './codes/permutation.ts';

export interface BulkLinks {
  readonly ownerId: Id;
  readonly count: number;
  /** Of the n-th link: an id of a bulk writer. */
  readonly linkId: (n: number) => Id;
  /** In the form in which it goes into a header, without tabs or backslashes. */
  readonly url: (n: number) => string;
}

/**
 * All or nothing, by COPY; answers their codes. No event tells of them: nobody can have asked for a code that was not
 * given out. The server must have made its secret.
 */
export async function bulkLoadLinks(sql: SqlStore, links: BulkLinks): Promise<string[]> {
  const { ownerId, count, linkId, url } = links;
  const [kept] = await sql.query(getSecret, []);
  const [leased] = await sql.query(leaseCodes, [count]);
  assert(kept !== undefined && leased !== undefined, 'the server has prepared its codes');
  const { permute } = createPermutation(kept.secret);
  const { first } = leased;
  const shard = shardOf(ownerId);
  const codes = Array.from({ length: count }, (_, n) => codeText(permute(first + n)));
  await sql.copyIn(LOADED_COLUMNS, lines());
  return codes;

  function* lines(): Generator<string> {
    for (const [n, code] of codes.entries()) {
      yield [linkId(n), shard, ownerId, code, 'made', url(n), '', '{}', 302, 'f'].join('\t');
    }
  }
}
