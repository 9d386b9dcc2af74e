import { writeStatement } from '../../../ports/sql-store/sql-store.ts';

/** The salt of the day: this one, or that of whoever was first. `day` is a date such as 2026-11-22. */
export const provideSalt = writeStatement<[day: string, salt: Buffer], { salt: Buffer }>(
  'link_clicks_provide_salt',
  `INSERT INTO link_visitor_salts AS held (day, salt) VALUES ($1::date, $2)
   ON CONFLICT (day) DO UPDATE SET salt = held.salt
   RETURNING salt`,
);

export const deleteSalts = writeStatement<[before: string], { deleted: number }>(
  'link_clicks_delete_salts',
  `WITH deleted AS (DELETE FROM link_visitor_salts WHERE day < $1::date RETURNING 1)
   SELECT count(*) AS deleted FROM deleted`,
);
