/**
 * P6, by the log and by what clients were told: from the acceptance to the end, a ride has one driver and a driver one ride.
 *
 * The log's times are the database's, taken while the rows are locked: whoever had to wait for another's end has a later one. So
 * bookings that overlap by them did overlap.
 */
import type { AnomalyCollector } from '../check-report.ts';
import {
  type AcceptAttempt,
  acknowledgedAt,
  attemptEvents,
  grouped,
  isAcknowledged,
  type RideFact,
  type RideHistory,
} from './ride-history.ts';

const ENDS = new Set(['completed', 'cancelled', 'unmatched']);

export function isEnd({ status, kind }: Pick<RideFact, 'status' | 'kind'>): boolean {
  return ENDS.has(status) || kind === 'removed';
}

/** A driver has a ride, by the log. */
interface Booking {
  readonly rideId: string;
  readonly driverId: string;
  readonly from: RideFact;
  /** `undefined`: it goes on. */
  readonly until: RideFact | undefined;
}

export function checkBookings(history: RideHistory, anomalies: AnomalyCollector): void {
  const bookings = [...history.rides.values()].flatMap((facts) => bookingsOf(facts, anomalies));
  for (const own of grouped(bookings, ({ driverId }) => driverId).values()) checkDriver(own, anomalies);
  checkAccepted(history, bookings, anomalies);
  checkHolds(history, anomalies);
}

function bookingsOf(facts: readonly RideFact[], anomalies: AnomalyCollector): Booking[] {
  const bookings: Booking[] = [];
  let from: RideFact | undefined;
  for (const fact of facts) {
    const { ride_id: rideId, driver_id: driverId } = fact;
    const before = from?.driver_id ?? null;
    const isOver = isEnd(fact);
    if (from !== undefined && before !== null && (driverId !== before || isOver)) {
      bookings.push({ rideId, driverId: before, from, until: fact });
      if (driverId !== null && driverId !== before) {
        const text = `${rideId} went from driver ${before} to ${driverId} without being free between`;
        anomalies.add('P6', 'double-ride', text, [from.event, fact.event]);
      }
      from = undefined;
    }
    if (from === undefined && driverId !== null && !isOver) from = fact;
  }
  if (from !== undefined && from.driver_id !== null) {
    bookings.push({ rideId: from.ride_id, driverId: from.driver_id, from, until: undefined });
  }
  return bookings;
}

function checkDriver(own: readonly Booking[], anomalies: AnomalyCollector): void {
  const sorted = own.toSorted((one, other) => one.from.at_ms - other.from.at_ms);
  for (const [index, booking] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined || next.from.at_ms >= (booking.until?.at_ms ?? Number.POSITIVE_INFINITY)) continue;
    const text = `driver ${booking.driverId} had the rides ${booking.rideId} and ${next.rideId} at once`;
    const events = [booking.from, next.from, booking.until].map((fact) => fact?.event);
    anomalies.add('P6', 'double-driver', text, events);
  }
}

/** Each offer that was accepted has become a booking of its driver. */
function checkAccepted(
  { offers }: RideHistory,
  bookings: readonly Booking[],
  anomalies: AnomalyCollector,
): void {
  const left = new Map<string, number>();
  const pair = (rideId: string, driverId: string): string => `${rideId} ${driverId}`;
  for (const { rideId, driverId } of bookings) {
    left.set(pair(rideId, driverId), (left.get(pair(rideId, driverId)) ?? 0) + 1);
  }
  for (const fact of [...offers.values()].flat().filter(({ kind }) => kind === 'accepted')) {
    const { ride_id: rideId, driver_id: driverId, offer_id: offerId } = fact;
    const bookingsLeft = left.get(pair(rideId, driverId)) ?? 0;
    left.set(pair(rideId, driverId), bookingsLeft - 1);
    if (bookingsLeft > 0) continue;
    const others = bookings.filter((one) => one.rideId === rideId).map(({ from }) => from.event);
    const text = `driver ${driverId} has accepted the offer ${offerId} of ${rideId}, and has not got the ride`;
    anomalies.add('P6', 'double-ride', text, [fact.event, ...others]);
  }
}

/** What a client knows for sure: from the answer to an acceptance until an end may have taken effect. By the order of events. */
interface Hold {
  readonly accept: AcceptAttempt;
  readonly from: number;
  readonly until: number;
}

function checkHolds(history: RideHistory, anomalies: AnomalyCollector): void {
  const holds = holdsOf(history);
  checkOverlaps(holds, 'double-driver', ({ driver_id: driverId }) => driverId, anomalies);
  checkOverlaps(holds, 'double-ride', ({ ride_id: rideId }) => rideId, anomalies);
}

function holdsOf({ accepts, acts, toldStates }: RideHistory): Hold[] {
  const ends = grouped(
    acts.filter(({ act, operation }) => act !== 'start-ride' && operation.outcome !== 'fail'),
    ({ rideId }) => rideId,
  );
  const freed = grouped(
    toldStates.filter(({ state }) => state === 'available'),
    ({ driver_id: driverId }) => driverId,
  );
  // An offer is accepted once, however often the answer is asked for.
  const firsts = grouped(accepts.filter(isAcknowledged), ({ offerId }) => offerId).values();
  return [...firsts].flatMap(([accept]) => {
    if (accept === undefined) return [];
    const from = acknowledgedAt(accept);
    const asked = (ends.get(accept.ride_id) ?? [])
      // One without an answer may be done at any later time.
      .filter((end) => end.operation.outcome === 'info' || acknowledgedAt(end) > from)
      .map(({ operation }) => Math.max(operation.invoke.i, from));
    const told = (freed.get(accept.driver_id) ?? []).map(({ event }) => event.i).filter((i) => i > from);
    const until = [...asked, ...told].reduce((least, i) => Math.min(least, i), Number.POSITIVE_INFINITY);
    return until > from ? [{ accept, from, until }] : [];
  });
}

function checkOverlaps(
  holds: readonly Hold[],
  name: 'double-driver' | 'double-ride',
  keyOf: (accept: AcceptAttempt) => string,
  anomalies: AnomalyCollector,
): void {
  for (const [key, own] of grouped(holds, ({ accept }) => keyOf(accept))) {
    const sorted = own.toSorted((one, other) => one.from - other.from);
    for (const [index, { accept, until }] of sorted.entries()) {
      const next = sorted[index + 1];
      if (next === undefined || next.from >= until) continue;
      const text = `${key} was given twice: nobody had asked for the end of the first ride when the second was acknowledged`;
      anomalies.add('P6', name, text, [...attemptEvents(accept), ...attemptEvents(next.accept)]);
    }
  }
}
