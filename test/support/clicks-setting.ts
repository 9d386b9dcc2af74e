/** Links and their clicks on a database of their own. */
import pg from 'pg';
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { composeId, type Id, shardOf } from '../../src/core/ids.ts';
import type { EventLog, LoggedEvent } from '../../src/ports/event-log/event-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { createClickBatchBuilder, LINK_CLICKS_TOPIC } from '../../src/systems/links/clicks/click-batch.ts';
import type { ClickFacts } from '../../src/systems/links/clicks/click-facts.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createTestDatabase } from './database.ts';

export interface ClicksSetting {
  readonly url: string;
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  /** Runs a text that no store would. */
  run(text: string, params?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  addLinks(links: readonly { readonly linkId: Id; readonly ownerId: Id }[]): Promise<void>;
  close(): Promise<void>;
}

export async function createClicksSetting(): Promise<ClicksSetting> {
  const database = await createTestDatabase();
  const [clock, randomness] = [systemClock, systemRandomness];
  const log = createLog({ level: 'silent', pretty: false });
  const sql = createPostgresSqlStore({ connection: database.connection, clock, log });
  const retryDelays = { delayMsMin: 2, delayMsMax: 10 };
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log, retryDelays });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return {
    ...{ url: database.url, sql, eventLog },
    run: async (text, params = []) => (await client.query(text, [...params])).rows,
    async addLinks(links) {
      await client.query(
        `INSERT INTO links (link_id, shard, owner_id, code, code_origin, url, title, tags, redirect_type, pass_query)
         SELECT link_id, shard, owner_id, 'code' || link_id, 'made', 'https://example.org', '', '{}', 302, false
         FROM unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS link (link_id, shard, owner_id)`,
        [
          links.map(({ linkId }) => linkId),
          links.map(({ ownerId }) => shardOf(ownerId)),
          links.map(({ ownerId }) => ownerId),
        ],
      );
    },
    async close() {
      await client.end();
      await eventLog.close();
      await sql.close();
      await database.close();
    },
  };
}

/** The `index`-th link, or user, of a test. */
export function someId(index: number): Id {
  return composeId(Date.UTC(2026, 0, 1) + index * 1_000, 1, 0);
}

export interface TestClick extends ClickFacts {
  readonly linkId: Id;
  readonly atMs: number;
}

/** The event of a batch of clicks of one partition. */
export function clicksEvent(
  { recorder, sequence, partition }: { recorder: string; sequence: number; partition: number },
  clicks: readonly TestClick[],
): LoggedEvent {
  const builder = createClickBatchBuilder();
  for (const click of clicks) builder.add(click.linkId, click.atMs, click);
  return {
    ...{ topic: LINK_CLICKS_TOPIC, partition, offset: sequence, key: 1, kind: 'recorded' },
    ...{ createdAt: new Date(0), traceparent: undefined },
    payload: JSON.parse(JSON.stringify(builder.build(recorder, sequence))),
  };
}
