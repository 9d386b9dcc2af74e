/** The effects of a consumer in a test: a row for each time that an event was handled. */
import type { LoggedEvent } from '../../src/ports/event-log/event-log.ts';
import {
  readStatement,
  type SqlSession,
  type SqlStore,
  writeStatement,
} from '../../src/ports/sql-store/sql-store.ts';

const createTable = writeStatement<[]>(
  'test_effects_create',
  `CREATE TABLE effects (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     topic text NOT NULL, partition smallint NOT NULL, "offset" bigint NOT NULL, key bigint NOT NULL, note text NOT NULL
   )`,
);
const addRows = writeStatement<
  [topics: string[], partitions: number[], offsets: number[], keys: number[], notes: string[]]
>(
  'test_effects_add',
  `INSERT INTO effects (topic, partition, "offset", key, note)
   SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::text[])`,
);
const listRows = readStatement<
  [],
  { topic: string; partition: number; offset: number; key: number; note: string }
>('test_effects_list', 'SELECT topic, partition, "offset", key, note FROM effects ORDER BY number');

export async function createEffects(sqlStore: SqlStore): Promise<void> {
  await sqlStore.query(createTable, []);
}

/** The note is that of the payload. */
export async function addLoggedEffects(session: SqlSession, events: readonly LoggedEvent[]): Promise<void> {
  const column = <Value>(value: (event: LoggedEvent) => Value): Value[] => events.map(value);
  await session.query(addRows, [
    column(({ topic }) => topic),
    column(({ partition }) => partition),
    column(({ offset }) => offset),
    column(({ key }) => key),
    column(({ payload }) => String(payload['note'])),
  ]);
}

/** In the order in which they were handled. */
export function listEffects(sqlStore: SqlStore) {
  return sqlStore.query(listRows, []);
}
