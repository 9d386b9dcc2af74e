/**
 * Limited visits, exact whatever the number of visitors and processes: each is taken in the database before the target is
 * told. Those who come at the same time are one statement, and of one link one row.
 */
import type { Id } from '../../../core/ids.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import { createCoalescer } from '../../../resilience/coalesce.ts';
import { takeVisits } from './redirect-queries.ts';

const BATCH_MAX = 1_000;
const WAITING_MAX = 10_000;

export interface VisitLimits {
  /** Takes one of the visits that are left. `last`: it was the last one. */
  take(linkId: Id): Promise<'taken' | 'last' | 'none'>;
  /** Visitors who wait. */
  waiting(): number;
}

export function createVisitLimits({ sql }: { readonly sql: SqlSession }): VisitLimits {
  const coalescer = createCoalescer<Id, 'taken' | 'last' | 'none'>({
    ...{ batchMax: BATCH_MAX, concurrentBatchesMax: 1, queueMax: WAITING_MAX },
    async run(linkIds) {
      const wanted = new Map<Id, number>();
      for (const linkId of linkIds) wanted.set(linkId, (wanted.get(linkId) ?? 0) + 1);
      const rows = await sql.query(takeVisits, [[...wanted.keys()], [...wanted.values()]]);
      const granted = new Map(rows.map((row) => [row.link_id, { ...row }]));
      return linkIds.map((linkId) => {
        const row = granted.get(linkId);
        if (row === undefined || row.granted === 0) return { ok: true, value: 'none' };
        row.granted -= 1;
        return { ok: true, value: row.granted === 0 && row.left_over === 0 ? 'last' : 'taken' };
      });
    },
  });
  return { take: (linkId) => coalescer.submit(linkId), waiting: coalescer.waiting };
}
