/**
 * Which cities this process dispatches: of all that could, one leads a city. It has a lease, which it renews every second; when
 * it dies, another takes over within TAKEOVER_MS. The token of the lease is what counts: whoever was replaced and does
 * not know it yet cannot write any more, however long it slept.
 */
import type { Clock } from '../../../core/clock.ts';
import type { SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { BatchesJson, BatchLog } from './batch-log.ts';
import { claimCities, fenceCity, releaseCities } from './dispatch-leases-queries.ts';

export const CLAIM_EVERY_MS = 1_000;
export const LEASE_MS = 3_000;
/** At most, after the leader's death: until the lease has expired and the next has looked. */
export const TAKEOVER_MS = LEASE_MS + CLAIM_EVERY_MS;
/** A batch is written in a few milliseconds. */
const FENCE_IDLE_MS = 1_000;

export interface CityLease {
  readonly city: string;
  readonly token: number;
}

export interface DispatchLeases {
  /** Keeps what this process leads, and takes what nobody does. To be called every CLAIM_EVERY_MS. */
  claim(): Promise<void>;
  /** As far as this process knows. */
  led(): readonly CityLease[];
  /** First in a transaction: answers whether nobody else leads the city, which then is so until the transaction ends. */
  fence(transaction: SqlTransaction, lease: CityLease): Promise<boolean>;
  /** Others may take over at once. */
  release(): Promise<void>;
}

export interface DispatchLeasesDeps {
  readonly sql: SqlStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  readonly cities: readonly string[];
  /** This run of the process. */
  readonly holder: string;
  /** What it took, by city. */
  readonly batches: Pick<BatchLog, 'of'>;
  /** This process leads one more, or one less. */
  readonly onChange?: (change: 'gained' | 'lost') => void;
}

export function createDispatchLeases(deps: DispatchLeasesDeps): DispatchLeases {
  const { sql, clock, log, cities, holder, batches, onChange } = deps;
  let leases: readonly CityLease[] = [];
  let untilMs = Number.NEGATIVE_INFINITY;

  function learn(now: readonly CityLease[]): void {
    const has = (some: readonly CityLease[], { city, token }: CityLease): boolean =>
      some.some((one) => one.city === city && one.token === token);
    for (const { city, token } of now.filter((one) => !has(leases, one))) {
      // Not `token`, which would be taken for a secret.
      log.info({ city, term: token }, 'this process dispatches the city');
      onChange?.('gained');
    }
    for (const { city, token } of leases.filter((one) => !has(now, one))) {
      log.warn({ city, term: token }, 'another process dispatches the city now');
      onChange?.('lost');
    }
    leases = now;
  }

  return {
    async claim() {
      // Before the database's clock is read: never believed for longer than it lasts.
      const beganMs = clock.monotonicMs();
      const took = cities.map((city) => jsonOf(batches.of(city)));
      const claimed = await sql.query(claimCities, [cities, holder, LEASE_MS / 1_000, took]);
      learn(claimed);
      untilMs = beganMs + LEASE_MS;
    },

    led: () => (clock.monotonicMs() < untilMs ? leases : []),

    async fence(transaction, { city, token }) {
      const rows = await transaction.query(fenceCity, [city, token, String(FENCE_IDLE_MS)]);
      return rows.length > 0;
    },

    async release() {
      if (leases.length === 0) return;
      leases = [];
      untilMs = Number.NEGATIVE_INFINITY;
      await sql.query(releaseCities, [holder]);
    },
  };
}

function jsonOf(batches: BatchesJson | undefined): string | null {
  return batches === undefined ? null : JSON.stringify(batches);
}
