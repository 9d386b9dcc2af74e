/** What `up` asks the PostgreSQL that it has started. */
import type { withClient } from '../../ports/sql-store/postgres-connection.ts';

type Client = Parameters<Parameters<typeof withClient>[1]>[0];

/** Transactions that were committed in all databases since the statistics began. */
export async function countCommits(client: Client): Promise<number> {
  const { rows } = await client.query('SELECT sum(xact_commit)::bigint AS commits FROM pg_stat_database');
  return Number(rows[0]?.commits ?? 0);
}

export async function isInRecovery(client: Client): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_is_in_recovery() AS in_recovery');
  return rows[0]?.in_recovery === true;
}
