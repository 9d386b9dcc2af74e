import { writeStatement } from '../../ports/sql-store/sql-store.ts';

/** As a block of codes, of any size. */
export const leaseCodes = writeStatement<[count: number], { first: number }>(
  'links_lease_codes_for_load',
  `UPDATE link_code_counters SET leased_below = leased_below + $1 WHERE counter_id = 1
   RETURNING leased_below - $1 AS first`,
);

/** What COPY fills. */
export const LOADED_COLUMNS =
  'links (link_id, shard, owner_id, code, code_origin, url, title, tags, redirect_type, pass_query)';
