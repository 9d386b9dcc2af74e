/**
 * The operations of a history that concern rides, with their values typed, and beside them what the event log says.
 *
 * | f                                       | key          | invoked with                         | ok with                          |
 * |-----------------------------------------|--------------|--------------------------------------|----------------------------------|
 * | `request-ride`                          | the rider    | `{}`                                 | `{ ride_id }`                    |
 * | `accept-offer`                          | the offer    | `{ driver_id, ride_id, at_ms, expires_ms }` | `{}`                      |
 * | `decline-offer`                         | the offer    | `{ driver_id }`                      | `{}`                             |
 * | `start-ride`, `complete-ride`, `cancel-ride` | the ride | `{ by }`, a user                    | `{}`                             |
 * | `read-ride`                             | the ride     | `{ final }`                          | `{ status, reason, driver_id }`  |
 *
 * Marks: `told-state` `{ driver_id, state }`, what a driver's stream said; `log-ride`, `log-offer`, an event of the log each, in the
 * log's order, written down when all was quiet (ride-log.ts); `log-read` `{ complete }` after the last of them.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../../core/errors.ts';
import type { HistoryEvent } from '../history-event.ts';
import { type HistoryOperation, pairOperations } from '../history-operations.ts';

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const AcceptOffer = Type.Object({
  driver_id: Type.String(),
  ride_id: Type.String(),
  /** By the client's clock, when it was sent. */
  at_ms: Type.Number(),
  expires_ms: Type.Number(),
});
const ReadRide = Type.Object({ final: Type.Boolean() });
const RideRead = Type.Object({
  status: Type.String(),
  reason: orNull(Type.String()),
  driver_id: orNull(Type.String()),
});
const LoggedRide = Type.Object({
  ride_id: Type.String(),
  city: Type.String(),
  kind: Type.String(),
  status: Type.String(),
  reason: orNull(Type.String()),
  driver_id: orNull(Type.String()),
  at_ms: Type.Number(),
});
const LoggedOffer = Type.Object({
  offer_id: Type.String(),
  driver_id: Type.String(),
  ride_id: Type.String(),
  kind: Type.String(),
  expires_ms: Type.Number(),
  /** Of the lease; null of any other kind than `made`. */
  dispatch_token: orNull(Type.Number()),
  at_ms: Type.Number(),
});

const ACCEPT_OFFER = Compile(AcceptOffer);
const DECLINE_OFFER = Compile(Type.Object({ driver_id: Type.String() }));
const RIDE_REQUESTED = Compile(Type.Object({ ride_id: Type.String() }));
const ACT = Compile(Type.Object({ by: Type.String() }));
const READ_RIDE = Compile(ReadRide);
const RIDE_READ = Compile(RideRead);
const TOLD_STATE = Compile(Type.Object({ driver_id: Type.String(), state: Type.String() }));
const LOGGED_RIDE = Compile(LoggedRide);
const LOGGED_OFFER = Compile(LoggedOffer);
const LOG_READ = Compile(Type.Object({ complete: Type.Boolean() }));

type Typed<Value> = Value & { readonly event: HistoryEvent };
export type RideFact = Typed<Static<typeof LoggedRide>>;
export type OfferFact = Typed<Static<typeof LoggedOffer>>;

interface Attempt {
  readonly operation: HistoryOperation;
}
export interface RideRequestAttempt extends Attempt {
  /** Of those that were acknowledged. */
  readonly rideId: string | undefined;
}
export interface AcceptAttempt extends Attempt, Static<typeof AcceptOffer> {
  readonly offerId: string;
}
export interface DeclineAttempt extends Attempt {
  readonly offerId: string;
}
export interface RideAct extends Attempt {
  readonly rideId: string;
  readonly act: 'start-ride' | 'complete-ride' | 'cancel-ride';
}
export interface FinalRead extends Attempt, Static<typeof RideRead> {
  readonly rideId: string;
}

export interface RideHistory {
  readonly requests: readonly RideRequestAttempt[];
  readonly accepts: readonly AcceptAttempt[];
  readonly declines: readonly DeclineAttempt[];
  readonly acts: readonly RideAct[];
  /** Only those that were answered. */
  readonly finalReads: readonly FinalRead[];
  readonly toldStates: readonly Typed<{ driver_id: string; state: string }>[];
  /** In the order of the log: by ride, and by offer. */
  readonly rides: ReadonlyMap<string, readonly RideFact[]>;
  readonly offers: ReadonlyMap<string, readonly OfferFact[]>;
  /** Whether the log was read from its beginning to its end. */
  readonly logIsComplete: boolean;
}

/** Fails with `invalid` if the recording contradicts itself or the rules above. */
export function parseRideHistory(events: readonly HistoryEvent[]): RideHistory {
  const operations = pairOperations(events);
  const of = (f: string) => operations.filter(({ invoke }) => invoke.f === f);
  const marks = <Value extends object>(f: string, validator: Validator<Value>): Typed<Value>[] =>
    events.filter((event) => event.f === f).map((event) => ({ ...parseValue(validator, event), event }));
  return {
    requests: of('request-ride').map((operation) => ({ operation, rideId: requestedRide(operation) })),
    accepts: of('accept-offer').map((operation) => ({
      ...{ operation, offerId: keyOf(operation) },
      ...parseValue(ACCEPT_OFFER, operation.invoke),
    })),
    declines: of('decline-offer').map((operation) => {
      parseValue(DECLINE_OFFER, operation.invoke);
      return { operation, offerId: keyOf(operation) };
    }),
    acts: (['start-ride', 'complete-ride', 'cancel-ride'] as const).flatMap((act) =>
      of(act).map((operation) => {
        parseValue(ACT, operation.invoke);
        return { operation, act, rideId: keyOf(operation) };
      }),
    ),
    finalReads: of('read-ride').flatMap(finalRead),
    toldStates: marks('told-state', TOLD_STATE),
    rides: grouped(marks('log-ride', LOGGED_RIDE), ({ ride_id: rideId }) => rideId),
    offers: grouped(marks('log-offer', LOGGED_OFFER), ({ offer_id: offerId }) => offerId),
    logIsComplete: marks('log-read', LOG_READ).at(-1)?.complete ?? false,
  };
}

/** What an excerpt shows of an operation. */
export function attemptEvents({ operation }: Attempt): (HistoryEvent | undefined)[] {
  return [operation.invoke, operation.completion];
}

export function isAcknowledged({ operation }: Attempt): boolean {
  return operation.outcome === 'ok';
}

/** When it was acknowledged, by the order of the history. */
export function acknowledgedAt({ operation }: Attempt): number {
  return operation.completion?.i ?? Number.POSITIVE_INFINITY;
}

function requestedRide({ outcome, completion }: HistoryOperation): string | undefined {
  return outcome === 'ok' && completion ? parseValue(RIDE_REQUESTED, completion).ride_id : undefined;
}

function finalRead(operation: HistoryOperation): FinalRead[] {
  const { invoke, outcome, completion } = operation;
  const { final } = parseValue(READ_RIDE, invoke);
  if (!final || outcome !== 'ok' || completion === undefined) return [];
  return [{ operation, rideId: keyOf(operation), ...parseValue(RIDE_READ, completion) }];
}

function keyOf({ invoke }: HistoryOperation): string {
  if (invoke.key !== null) return invoke.key;
  throw new AppError('invalid', `Event ${invoke.i} (${invoke.f}) does not say of what.`);
}

export function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

interface Validator<Value> {
  Check(value: unknown): value is Value;
}

function parseValue<Value>(validator: Validator<Value>, event: HistoryEvent): Value {
  const { value } = event;
  if (validator.Check(value)) return value;
  throw new AppError('invalid', `Event ${event.i} (${event.f}, ${event.type}) has an unknown kind of value.`);
}
