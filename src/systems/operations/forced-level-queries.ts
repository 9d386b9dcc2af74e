/** The table `forced_service_level`. Times are those of the database, because the clocks of processes differ. */
import { readStatement, writeStatement } from '../../ports/sql-store/sql-store.ts';

export interface ForcedLevelRow {
  readonly level: string;
  readonly remaining_ms: number;
}

export const readForcedLevel = readStatement<[], ForcedLevelRow>(
  'service_level_read',
  `SELECT level, extract(epoch FROM held_until - clock_timestamp())::double precision * 1000 AS remaining_ms
   FROM forced_service_level WHERE singleton AND held_until > clock_timestamp()`,
);

export const forceLevel = writeStatement<[level: string, durationMs: number]>(
  'service_level_force',
  `INSERT INTO forced_service_level (level, held_until)
   VALUES ($1, clock_timestamp() + $2::double precision * interval '1 ms')
   ON CONFLICT (singleton) DO UPDATE SET level = excluded.level, held_until = excluded.held_until`,
);

export const endForcedLevel = writeStatement<[]>(
  'service_level_end',
  'DELETE FROM forced_service_level WHERE singleton',
);
