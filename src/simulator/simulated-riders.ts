/** The riders: each asks once for a ride, looks now and then what has become of it, and some think better of it. */
import { type Behaviour, cancelsAfterMs } from './behaviour.ts';
import type { RideDemand } from './demand.ts';
import type { Answer, Person, RideCalls } from './ride-calls.ts';
import type { RideJournal, RideRecord } from './ride-journal.ts';
import { fareOf } from './simulated-driver.ts';

/** How often somebody who waits looks at the app. */
const LOOK_EVERY_MS = 10_000;
/** Of those with a driver, who are told by the driver's side as a rule. */
const LOOK_AGAIN_EVERY_MS = 60_000;
/** After an answer, before anything else is asked. */
const REST_MS = 1_000;
const ENDS = new Set(['completed', 'cancelled', 'unmatched']);

export interface SimulatedRiders {
  ask(demand: RideDemand): void;
  /** What is due. To be called some times a second. */
  tick(tickMs: number): void;
  /** What the rider tells the driver at the door. */
  pinOf(rideId: string): Promise<string | undefined>;
  /** The simulation is over: whoever is not in a car cancels. */
  finish(): void;
  /** Reads all that there were once more, as they are in the end. */
  readAll(): Promise<void>;
  waiting(): number;
}

export interface SimulatedRidersDeps {
  readonly people: readonly Person[];
  readonly calls: RideCalls;
  readonly journal: RideJournal;
  readonly behaviour: Behaviour;
  readonly draw: () => number;
  /** Since the beginning of the simulation; the ticks are some time behind. */
  readonly nowMs: () => number;
}

interface Waiting {
  readonly rider: Person;
  readonly record: RideRecord;
  readonly cancelMs: number;
  lookMs: number;
  /** Not before: something was just asked. */
  restMs: number;
  isAsking: boolean;
}

const READS_AT_ONCE = 16;

export function createSimulatedRiders({
  people,
  calls,
  journal,
  behaviour,
  draw,
  nowMs,
}: SimulatedRidersDeps): SimulatedRiders {
  const free = [...people];
  const waiting = new Set<Waiting>();
  const riderOf = new Map<string, Person>();
  /** Whose request had no answer: there may be a ride all the same. */
  const unanswered = new Set<Person>();
  let simulationMs = 0;
  let finishing = false;

  function read(rider: Person, rideId: string, final: boolean): Promise<Answer | undefined> {
    return calls.call(rider, {
      ...{ method: 'GET', path: `/rides/${rideId}` },
      recorded: {
        ...{ f: 'read-ride', key: rideId, value: () => ({ final }) },
        done: ({ status, reason, driver_id }) => ({ status, reason, driver_id }),
      },
    });
  }

  function note(record: RideRecord, answer: Answer | undefined): void {
    const status = answer?.body['status'];
    if (answer?.status !== 200 || typeof status !== 'string') return;
    record.fare = fareOf(answer.body) ?? record.fare;
    if (!ENDS.has(status)) return;
    const reason = answer.body['reason'];
    journal.end(record, nowMs(), status, typeof reason === 'string' ? reason : undefined);
  }

  async function request(rider: Person, record: RideRecord, number: number): Promise<void> {
    const { pickup, dropoff } = record.demand;
    const answer = await calls.call(rider, {
      ...{ method: 'POST', path: '/rides', idempotencyKey: `request-${number}` },
      body: { pickup, dropoff, ride_type: 'economy' },
      recorded: {
        ...{ f: 'request-ride', key: rider.userId, value: () => ({}) },
        done: ({ ride_id }) => ({ ride_id }),
      },
    });
    const rideId = answer?.body['ride_id'];
    if (answer?.status !== 201 || typeof rideId !== 'string') {
      if (answer === undefined) unanswered.add(rider);
      journal.end(record, nowMs(), 'refused', String(answer?.status ?? 'no answer'));
      free.push(rider);
      return;
    }
    riderOf.set(rideId, rider);
    journal.name(record, rideId);
    const cancelsMs = cancelsAfterMs(behaviour, draw);
    const cancelMs = cancelsMs === undefined ? Number.POSITIVE_INFINITY : simulationMs + cancelsMs;
    waiting.add({
      rider,
      record,
      cancelMs,
      lookMs: simulationMs + LOOK_EVERY_MS,
      restMs: 0,
      isAsking: false,
    });
  }

  async function cancel({ rider, record }: Waiting): Promise<void> {
    const { rideId = '' } = record;
    const answer = await calls.call(rider, {
      ...{ method: 'POST', path: `/rides/${rideId}/cancel`, idempotencyKey: `cancel-${rideId}` },
      recorded: {
        ...{ f: 'cancel-ride', key: rideId },
        ...{ value: () => ({ by: rider.userId }), done: () => ({}) },
      },
    });
    record.isCut ||= finishing;
    note(record, answer);
  }

  /** As somebody does who opens the app again, sees that a car is looked for, and no longer wants it. */
  async function cancelUnanswered(rider: Person): Promise<void> {
    const page = await calls.call(rider, { method: 'GET', path: '/rides?limit=1' });
    const [ride] = (page?.body['items'] ?? []) as readonly Answer['body'][];
    const { ride_id: rideId, status } = ride ?? {};
    if (typeof rideId !== 'string' || ENDS.has(String(status))) return;
    await calls.call(rider, {
      ...{ method: 'POST', path: `/rides/${rideId}/cancel`, idempotencyKey: `cancel-${rideId}` },
    });
  }

  async function look(one: Waiting): Promise<void> {
    const { rider, record } = one;
    one.lookMs = simulationMs + (record.acceptedMs === undefined ? LOOK_EVERY_MS : LOOK_AGAIN_EVERY_MS);
    note(record, await read(rider, record.rideId ?? '', false));
  }

  function due(one: Waiting, tickMs: number): (() => Promise<void>) | undefined {
    if (one.isAsking || tickMs < one.restMs) return undefined;
    const inCar = one.record.startedMs !== undefined;
    if (!inCar && (tickMs >= one.cancelMs || finishing)) return () => cancel(one);
    return tickMs >= one.lookMs ? () => look(one) : undefined;
  }

  return {
    waiting: () => waiting.size,
    ask(demand) {
      const number = journal.records.length;
      const record = journal.ask(demand, nowMs());
      const rider = free.shift();
      if (rider === undefined) journal.end(record, nowMs(), 'refused', 'no rider was free');
      else void request(rider, record, number);
    },
    tick(tickMs) {
      simulationMs = tickMs;
      for (const one of waiting) {
        if (one.record.status !== undefined) {
          waiting.delete(one);
          free.push(one.rider);
          continue;
        }
        const action = due(one, tickMs);
        if (action === undefined) continue;
        one.isAsking = true;
        void action().finally(() => {
          one.isAsking = false;
          one.restMs = simulationMs + REST_MS;
        });
      }
    },
    async pinOf(rideId) {
      const rider = riderOf.get(rideId);
      if (rider === undefined) return undefined;
      const pin = (await read(rider, rideId, false))?.body['pin'];
      return typeof pin === 'string' ? pin : undefined;
    },
    finish() {
      finishing = true;
    },
    async readAll() {
      for (const rider of unanswered) await cancelUnanswered(rider);
      const left = [...riderOf];
      const worker = async (): Promise<void> => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const [rideId, rider] = next;
          const record = journal.of(rideId);
          const answer = await read(rider, rideId, true);
          if (record !== undefined) note(record, answer);
        }
      };
      await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
    },
  };
}
