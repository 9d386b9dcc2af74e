/** The table `hidden_link_owners`, and what is erased with a deleted owner, a bounded piece at a time. */
import type { Id } from '../../../core/ids.ts';
import { writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { BURIED } from '../links-queries.ts';

/** Whoever is deleted stays so: only `suspended` gives way to another state. Answers those that have changed. */
export const hideOwners = writeStatement<
  [userIds: readonly Id[], shards: readonly number[], states: readonly ('suspended' | 'deleted')[]],
  { user_id: Id }
>(
  'link_owners_hide',
  `INSERT INTO hidden_link_owners (user_id, shard, state)
   SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[])
   ON CONFLICT (user_id) DO UPDATE SET state = excluded.state WHERE hidden_link_owners.state = 'suspended'
   RETURNING user_id`,
);

export const showOwners = writeStatement<[userIds: readonly Id[]], { user_id: Id }>(
  'link_owners_show',
  `DELETE FROM hidden_link_owners WHERE user_id = ANY ($1) AND state = 'suspended' RETURNING user_id`,
);

/** A deleted owner whom no other worker is erasing. */
export const claimDeletedOwner = writeStatement<[], { user_id: Id }>(
  'link_owners_claim_deleted',
  `SELECT user_id FROM hidden_link_owners WHERE state = 'deleted' ORDER BY user_id LIMIT 1
   FOR UPDATE SKIP LOCKED`,
);

export const markOwnerErased = writeStatement<[userId: Id]>(
  'link_owners_mark_erased',
  `UPDATE hidden_link_owners SET state = 'erased' WHERE user_id = $1`,
);

/** Links of the owner, deleted ones among them, which are nobody's from then on. */
export const disownLinks = writeStatement<
  [ownerId: Id, limit: number, now: Date],
  { link_id: Id; domain_id: Id; code: string; was_deleted: boolean }
>(
  'link_owners_disown_links',
  `WITH picked AS MATERIALIZED (
     SELECT link_id, domain_id, code, deleted_at IS NOT NULL AS was_deleted FROM links WHERE owner_id = $1
     ORDER BY link_id LIMIT $2 FOR UPDATE),
   forgotten AS (DELETE FROM link_changes WHERE link_id IN (SELECT link_id FROM picked)),
   unlimited AS (DELETE FROM link_visits WHERE link_id IN (SELECT link_id FROM picked)),
   unimported AS (DELETE FROM link_imports WHERE link_id IN (SELECT link_id FROM picked)),
   unchecked AS (DELETE FROM link_checks WHERE link_id IN (SELECT link_id FROM picked))
   UPDATE links SET owner_id = NULL, ${BURIED}, deleted_at = coalesce(deleted_at, $3)
   FROM picked WHERE links.link_id = picked.link_id
   RETURNING picked.link_id, picked.domain_id, picked.code, picked.was_deleted`,
);
