/**
 * Dispatching: turns requests into offers, a batch for each city. All that it goes by is read anew for each batch, so a process that dies
 * loses nothing: requests stay in the database until they have a driver or an end, and whoever leads the city next finds them.
 *
 * A request takes part as long as no driver is thinking about it: from the first batch after it was made, and again from
 * the first after its last offer was declined or has expired. Whoever had one of it is not asked again.
 */
import type { Clock } from '../../../core/clock.ts';
import { type Id, idTimeMs } from '../../../core/ids.ts';
import type { MaybePromise } from '../../../core/maybe-promise.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { matchBatch } from '../matching/match-batch.ts';
import type { Offers } from '../offers/offers.ts';
import type { OfferRow } from '../offers/offers-queries.ts';
import type { BatchLog, BatchOutcome } from './batch-log.ts';
import { type CandidatesDeps, findCandidates } from './candidates.ts';
import type { CityLease, DispatchLeases } from './dispatch-leases.ts';
import type { DispatchObserver } from './dispatch-observer.ts';
import { getRequestedCities, getRequests, type RequestRow } from './dispatch-queries.ts';

/** Matched at once: some 15 ms, and up to a second to read of all who may drive. More of a city follow at once. */
export const REQUESTS_MAX = 400;
/** In one batch: with as many candidates as a request has, a hundred in one place who ask at the same moment. */
const ROUNDS_MAX = 5;
/** After that the rest of the batch is assigned greedily. */
const MATCH_MS_MAX = 250;
/** Each takes a connection at times. */
const CITIES_AT_ONCE = 4;

export interface Dispatch {
  /** Keeps the cities that this process leads, and takes those that nobody does, while there are drivers. */
  claim(): Promise<void>;
  /** A batch for each city that this process leads and that has requests. */
  run(): Promise<void>;
  /** How many cities this process leads. */
  led(): number;
  release(): Promise<void>;
}

export interface DispatchDeps extends CandidatesDeps {
  readonly sql: SqlStore;
  readonly offers: Pick<Offers, 'make'>;
  readonly leases: DispatchLeases;
  /** Whether this process may know where any drivers are. One that does not leaves cities to others. */
  readonly hasDrivers: () => MaybePromise<boolean>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'sleep'>;
  readonly log: Log;
  readonly observer: DispatchObserver;
  readonly batches: Pick<BatchLog, 'add'>;
}

export function createDispatch(deps: DispatchDeps): Dispatch {
  const { sql, leases, hasDrivers, clock, log, observer, batches } = deps;

  async function dispatchCity(lease: CityLease): Promise<void> {
    const beganMs = clock.monotonicMs();
    function tellOf(outcome: BatchOutcome): void {
      const durationMs = clock.monotonicMs() - beganMs;
      observer.batch(outcome, durationMs);
      batches.add(lease.city, outcome, durationMs);
    }
    try {
      tellOf(await dispatchAll(deps, lease));
    } catch (error) {
      tellOf('failed');
      log.warn({ err: error, city: lease.city }, 'a batch of requests failed; they are in the next one');
    }
  }

  return {
    async claim() {
      if (await hasDrivers()) await leases.claim();
      else if (leases.led().length > 0) await leases.release();
    },
    release: leases.release,
    led: () => leases.led().length,

    async run() {
      const led = new Map(leases.led().map((lease) => [lease.city, lease]));
      if (led.size === 0) return;
      const rows = await sql.query(getRequestedCities, [[...led.keys()]]);
      const due = rows.map(({ city }) => led.get(city)).filter((lease) => lease !== undefined);
      const lane = async (): Promise<void> => {
        for (let lease = due.pop(); lease !== undefined; lease = due.pop()) await dispatchCity(lease);
      };
      await Promise.all(Array.from({ length: CITIES_AT_ONCE }, lane));
    },
  };
}

type Outcome = Exclude<BatchOutcome, 'failed'>;

/** What became of some requests. */
interface Dispatched {
  readonly offers: number;
  /** Requests for which nobody was left. */
  readonly left: number;
}

const NOTHING: Dispatched = { offers: 0, left: 0 };

/**
 * All requests of a city; and at once again those for whom nobody was left, as long as others got offers: where many ask in one place, they
 * have the same candidates, and behind these there are more.
 */
async function dispatchAll(deps: DispatchDeps, lease: CityLease): Promise<Outcome> {
  let outcome: Outcome = 'idle';
  let left = 0;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const dispatched = await dispatchRound(deps, lease);
    if (dispatched === 'fenced') return dispatched;
    left = dispatched.left;
    if (dispatched.offers > 0) outcome = 'written';
    if (dispatched.offers === 0 || left === 0) break;
  }
  deps.observer.unassigned(left);
  return outcome;
}

/** REQUESTS_MAX at a time. */
async function dispatchRound(deps: DispatchDeps, lease: CityLease): Promise<Dispatched | 'fenced'> {
  let sum = NOTHING;
  let requests: readonly RequestRow[];
  let after: Id = 0;
  do {
    requests = await deps.sql.query(getRequests, [lease.city, after, REQUESTS_MAX]);
    after = requests.at(-1)?.ride_id ?? after;
    const some = await dispatchSome(deps, lease, requests);
    if (some === 'fenced') return some;
    sum = { offers: sum.offers + some.offers, left: sum.left + some.left };
  } while (requests.length === REQUESTS_MAX);
  return sum;
}

async function dispatchSome(
  deps: DispatchDeps,
  lease: CityLease,
  requests: readonly RequestRow[],
): Promise<Dispatched | 'fenced'> {
  const { clock, sql, leases, observer } = deps;
  if (requests.length === 0) return NOTHING;
  const candidates = await findCandidates(deps, requests);
  const untilMs = clock.monotonicMs() + MATCH_MS_MAX;
  const { offers, optimal } = matchBatch(candidates, () => clock.monotonicMs() > untilMs);
  observer.hurried(requests.length - optimal);
  const left = offers.filter(({ driverIds }) => driverIds.length === 0).length;
  if (left === offers.length) return { offers: 0, left };
  const made = await sql.transaction(async (transaction) => {
    if (!(await leases.fence(transaction, lease))) return 'fenced';
    return deps.offers.make(transaction, offers, lease.token);
  });
  if (made === 'fenced') return made;
  tell(deps, requests, made);
  return { offers: made.length, left };
}

function tell(
  { clock, observer }: DispatchDeps,
  requests: readonly RequestRow[],
  made: readonly OfferRow[],
): void {
  observer.offered(made.length);
  const offered = new Set(made.map(({ ride_id: rideId }) => rideId));
  for (const { ride_id: rideId, refused_by: refusedBy } of requests) {
    if (refusedBy.length > 0 || !offered.has(rideId)) continue;
    observer.reached(Math.max(0, clock.nowMs() - idTimeMs(rideId)));
  }
}
