/** Whether anything can be reached from here: what cannot be while nothing can is not for that missing. */
import type { Clock } from '../../../core/clock.ts';
import type { OutboundHttp } from '../../../ports/outbound-http/outbound-http.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import { getReachedTargets } from './target-checks-queries.ts';

/** For so long an answer of anybody counts, and so does that nobody gave one. */
const ANSWERED_FOR_MS = 60_000;
const SILENT_FOR_MS = 30_000;
/** Who answered before is asked again, up to so many. */
const ASKED_MAX = 3;
const ASK_TIMEOUT_MS = 3_000;

export interface OwnNetwork {
  /** Somebody has answered just now. */
  answered(): void;
  /** Whether anybody else than this host answers. Without any other target that ever did, nobody does. */
  reachesOthersThan(host: string): Promise<boolean>;
}

export interface OwnNetworkDeps {
  readonly sql: SqlStore;
  readonly outboundHttp: OutboundHttp;
  readonly clock: Clock;
}

export function createOwnNetwork({ sql, outboundHttp, clock }: OwnNetworkDeps): OwnNetwork {
  let answeredMs = Number.NEGATIVE_INFINITY;
  let silentMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<boolean> | undefined;

  async function ask(host: string): Promise<boolean> {
    for (const { url } of await sql.query(getReachedTargets, [host, ASKED_MAX])) {
      const answer = await outboundHttp
        .send({ method: 'GET', url, timeoutMs: ASK_TIMEOUT_MS, responseBytesMax: 1, redirectsMax: 0 })
        .catch(() => undefined);
      if (answer === undefined) continue;
      answeredMs = clock.monotonicMs();
      return true;
    }
    silentMs = clock.monotonicMs();
    return false;
  }

  return {
    answered() {
      answeredMs = clock.monotonicMs();
    },
    async reachesOthersThan(host) {
      const nowMs = clock.monotonicMs();
      if (nowMs - answeredMs < ANSWERED_FOR_MS) return true;
      if (nowMs - silentMs < SILENT_FOR_MS) return false;
      asking ??= ask(host).finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
