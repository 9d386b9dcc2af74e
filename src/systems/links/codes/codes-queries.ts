/** The secret and the counter that codes are made of. */
import { readStatement, writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** The secret that is there, or else this one; of many who propose one at the same time, the first. */
export const proposeSecret = writeStatement<[secret: Buffer]>(
  'link_codes_propose_secret',
  'INSERT INTO link_code_secrets (secret_id, secret) VALUES (1, $1) ON CONFLICT DO NOTHING',
);

export const getSecret = readStatement<[], { secret: Buffer }>(
  'link_codes_get_secret',
  'SELECT secret FROM link_code_secrets WHERE secret_id = 1',
);

/** The first number of a block that nobody else will ever have. */
export const leaseBlock = writeStatement<[size: number], { first: number }>(
  'link_codes_lease_block',
  `UPDATE link_code_counters SET leased_below = leased_below + $1 WHERE counter_id = 1
   RETURNING leased_below - $1 AS first`,
);

export const getLeasedBelow = readStatement<[], { leased_below: number }>(
  'link_codes_get_leased_below',
  'SELECT leased_below FROM link_code_counters WHERE counter_id = 1',
);

/** Which of the codes exist although the counter has not come to them. */
export const getCodesNotMade = readStatement<[codes: readonly string[]], { code: string }>(
  'link_codes_get_not_made',
  `SELECT DISTINCT code FROM links WHERE code = ANY ($1) AND code_origin <> 'made'`,
);
