/** Which servers of the database answer, and how far replicas are behind. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface SqlNodeState {
  readonly name: string;
  readonly role: 'primary' | 'replica' | 'absent';
  /** `undefined`: of the primary, and of what cannot be read from. */
  readonly lagMs: number | undefined;
}

export interface SqlClusterMetrics {
  read(node: string): void;
  fellBack(reason: string): void;
  /** Both read at every scrape. */
  watchNodes(nodes: () => readonly SqlNodeState[], promotions: () => number): void;
  /** Where one may be promoted. Asked of the primary at every scrape; `undefined`, or a rejection: nobody can say. */
  watchStandbys(count: () => Promise<number | undefined>): void;
}

export function createSqlClusterMetrics(registry: Registry): SqlClusterMetrics {
  const registers = [registry];
  const reads = new Counter({
    name: 'sql_stale_reads_total',
    help: 'Reads that may be a little old, by who answered them: a replica, or the primary.',
    labelNames: ['node'],
    registers,
  });
  const fallBacks = new Counter({
    name: 'sql_read_fall_backs_total',
    help: 'Reads that might have been a replica’s and were the primary’s, by reason: unknown (no Consistency-Token), written (in the same request), absent, behind, failed.',
    labelNames: ['reason'],
    registers,
  });
  return {
    read: (node) => reads.inc({ node }),
    fellBack: (reason) => fallBacks.inc({ reason }),
    watchStandbys(count) {
      new Gauge({
        name: 'sql_synchronous_standbys',
        help: 'Servers that have all that is acknowledged, besides the primary. None: without a primary, nobody can say.',
        registers,
        async collect() {
          const standbys = await count().catch(() => undefined);
          if (standbys === undefined) this.remove();
          else this.set(standbys);
        },
      });
    },
    watchNodes(nodes, promotions) {
      new Gauge({
        name: 'sql_node_role',
        help: '1 for what each server of the database is now: primary, replica or absent.',
        labelNames: ['node', 'role'],
        registers,
        collect() {
          this.reset();
          for (const { name, role } of nodes()) this.set({ node: name, role }, 1);
        },
      });
      new Gauge({
        name: 'sql_replica_lag_seconds',
        help: 'For how long a replica has not had all that the primary has. None: it may not be read from.',
        labelNames: ['node'],
        registers,
        collect() {
          this.reset();
          for (const { name, lagMs } of nodes()) {
            if (lagMs !== undefined) this.set({ node: name }, lagMs / 1_000);
          }
        },
      });
      new Gauge({
        name: 'sql_promotions',
        help: 'How often another server has become the primary since this process started.',
        registers,
        collect() {
          this.set(promotions());
        },
      });
    },
  };
}
