/** What a server of a cluster is at the moment, and up to where it has all commits. */
import type pg from 'pg';

export interface ServerRole {
  readonly role: 'primary' | 'replica';
  /** `undefined`: of a replica to which nobody streams just now. */
  readonly timeline: number | undefined;
  /** Up to where everything is in it: flushed by a primary, which shows no commit before, or replayed by a replica. */
  readonly position: number;
  /** Of a replica: up to where it has the log on its disk, replayed or not yet. */
  readonly receivedTo: number;
}

/**
 * The file of the log that is being written bears the timeline, at once after a promotion, where the control file has the
 * old one until the next checkpoint. A user who is not in pg_monitor is not told the timeline that is received.
 */
const ROLE = {
  name: 'server_role',
  text: `
    SELECT pg_is_in_recovery() AS in_recovery,
      CASE WHEN pg_is_in_recovery()
        THEN (SELECT received_tli FROM pg_stat_wal_receiver WHERE status = 'streaming')
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
      END AS timeline,
      (CASE WHEN pg_is_in_recovery()
        THEN coalesce(pg_last_wal_replay_lsn(), '0/0') ELSE pg_current_wal_flush_lsn()
      END - '0/0'::pg_lsn)::bigint AS position,
      (CASE WHEN pg_is_in_recovery()
        THEN coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')
        ELSE pg_current_wal_flush_lsn()
      END - '0/0'::pg_lsn)::bigint AS received_to`,
};

export async function readServerRole(client: Pick<pg.ClientBase, 'query'>): Promise<ServerRole> {
  const [row] = (await client.query(ROLE)).rows;
  return {
    role: row.in_recovery ? 'replica' : 'primary',
    timeline: row.timeline ?? undefined,
    position: row.position,
    receivedTo: row.received_to,
  };
}

/** How the primary sees to it that commits survive it. */
export interface Durability {
  readonly synchronousCommit: string;
  /** Standbys that each commit waits for now. */
  readonly synchronousStandbys: number;
}

/** Settings of synchronous_commit with which a commit is acknowledged before a standby has it on its disk. */
const ACKNOWLEDGED_EARLY: ReadonlySet<string> = new Set(['off', 'local', 'remote_write']);

export function isAcknowledgedEarly({ synchronousCommit }: Durability): boolean {
  return ACKNOWLEDGED_EARLY.has(synchronousCommit);
}

const DURABILITY = {
  name: 'server_durability',
  text: `
    SELECT current_setting('synchronous_commit') AS synchronous_commit,
      (SELECT count(*)::int FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS standbys`,
};

export async function readDurability(client: Pick<pg.ClientBase, 'query'>): Promise<Durability> {
  const [row] = (await client.query(DURABILITY)).rows;
  return { synchronousCommit: row.synchronous_commit, synchronousStandbys: row.standbys };
}
