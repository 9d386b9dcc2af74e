/** The PostgreSQL servers of an `up`, to be killed and held up. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { type ClusterNode, parseClusterUrl } from '../../src/core/postgres-cluster.ts';
import { until } from '../support/until.ts';

export type ServerRole = 'primary' | 'synchronous standby' | 'replica';

export interface PatroniCluster {
  readonly nodes: readonly ClusterNode[];
  /** Those that answer. */
  roles(): Promise<ReadonlyMap<ClusterNode, ServerRole>>;
  /** Resolves when one has that role, and answers it. */
  find(role: ServerRole): Promise<ClusterNode>;
  /** Where they keep their data, which as root is not the folder of `up`. */
  folder(): Promise<string>;
  /** The process of its PostgreSQL, at once. */
  kill(node: ClusterNode): Promise<void>;
  run(node: ClusterNode, text: string): Promise<Record<string, unknown>[]>;
}

const WAIT_MS_MAX = 60_000;

export function openPatroniCluster(databaseUrl: string): PatroniCluster {
  const parsed = parseClusterUrl(databaseUrl);
  assert('nodes' in parsed);
  const { nodes } = parsed;

  async function run({ url }: ClusterNode, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** As the primary knows them, by the names under which they replicate. */
  async function roles(): Promise<ReadonlyMap<ClusterNode, ServerRole>> {
    const found = new Map<ClusterNode, ServerRole>();
    let standbys: readonly Record<string, unknown>[] = [];
    const names = new Map<unknown, ClusterNode>();
    for (const node of nodes) {
      const [row] = await run(
        node,
        "SELECT pg_is_in_recovery() AS follows, current_setting('cluster_name') AS cluster, current_setting('primary_conninfo') AS source",
      ).catch(() => []);
      if (row === undefined) continue;
      names.set(/application_name=(\S+)/.exec(String(row['source']))?.[1], node);
      if (row['follows'] !== false) continue;
      found.set(node, 'primary');
      standbys = await run(
        node,
        "SELECT application_name AS name, sync_state FROM pg_stat_replication WHERE state = 'streaming'",
      );
    }
    for (const { name, sync_state: state } of standbys) {
      const node = names.get(name);
      if (node !== undefined && !found.has(node))
        found.set(node, state === 'sync' ? 'synchronous standby' : 'replica');
    }
    return found;
  }

  async function folderOf(node: ClusterNode): Promise<string> {
    const [row] = await run(node, "SELECT current_setting('data_directory') AS folder");
    return String(row?.['folder']);
  }

  return {
    nodes,
    roles,
    run,
    async folder() {
      const [first] = nodes;
      assert(first !== undefined);
      // Of all servers, above the one of each.
      return path.resolve(await folderOf(first), '../..');
    },
    async find(role) {
      let node: ClusterNode | undefined;
      await until(async () => {
        const known = await roles().catch(() => new Map<ClusterNode, ServerRole>());
        node = nodes.find((one) => known.get(one) === role);
        return node !== undefined;
      }, WAIT_MS_MAX);
      assert(node !== undefined);
      return node;
    },
    async kill(node) {
      const file = path.join(await folderOf(node), 'postmaster.pid');
      const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGKILL');
    },
  };
}

/** For `describeOnBackend`. */
export function patroniBackend(findProgram: (name: string) => string | undefined) {
  const programs = ['patroni', 'etcd'].map(findProgram);
  return {
    backend: 'patroni',
    engine: programs.includes(undefined) ? undefined : 'patroni',
    remedy: 'apt-get install patroni etcd-server python3-etcd postgresql',
  };
}
