/**
 * One driver with an app: keeps the stream, says where the car is, thinks about offers, drives to riders, starts with their PIN, and
 * brings them where they want to go. What a person does is drawn from the seed; when, is by the clock.
 */
import type { Clock } from '../core/clock.ts';
import type { GeoPoint } from '../core/geo.ts';
import type { HistoryRecorder } from '../history/history-recorder.ts';
import type { ReportedPoint } from '../systems/rides/positions/reported-point.ts';
import { type Behaviour, boardingMs, driverCancels, wishOf } from './behaviour.ts';
import { isOver, type Leg, placeOn, type Roads } from './car.ts';
import { type DriverLine, type LineMessage, openDriverLine } from './driver-line.ts';
import { type Answer, isObject, type Person, type RideCalls } from './ride-calls.ts';
import type { RideJournal } from './ride-journal.ts';

/** While driving, a point so often, several in a message; while waiting, one now and then, so that the driver is not forgotten. */
const POINT_EVERY_MS = 2_000;
const MESSAGE_POINTS = 2;
const WAITING_POINT_EVERY_MS = 10_000;
const ACCURACY_M = 5;
const RECONNECT_MS = { least: 300, most: 2_000 };
/** Each time in vain twice as long, so often: thousands who come back at once would keep a server from letting anybody in. */
const DOUBLINGS_MAX = 4;
/** Longer than a server that is busy with others takes. */
const CONNECT_MS_MAX = 30_000;
/** Before something is tried again that was refused. */
const AGAIN_MS = 2_000;
const REFUSALS_MAX = 10;
const ARRIVALS_REFUSED_MAX = 2;

/** A ride that was accepted, and what of it is under way. */
interface Task {
  readonly rideId: string;
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
  step: 'approach' | 'board' | 'drive';
  leg: Leg;
  /** Not before: the rider gets in, or something was refused. */
  notBeforeMs: number;
  refusals: number;
}

interface Offer {
  readonly offerId: string;
  readonly rideId: string;
  readonly pickup: GeoPoint;
  readonly dropoff: GeoPoint;
  readonly expiresMs: number;
  readonly wish: 'accept' | 'decline';
  readonly atMs: number;
}

export interface SimulatedDriver {
  readonly person: Person;
  /** What is due. To be called some times a second; `nowMs`: since the beginning of the simulation. */
  tick(nowMs: number): void;
  isBusy(): boolean;
  isOnLine(): boolean;
  /** Wants no more offers, and brings whoever is in the car out of it at once. */
  finish(): void;
  close(): void;
}

export interface SimulatedDriverDeps {
  readonly person: Person;
  readonly start: GeoPoint;
  readonly calls: RideCalls;
  readonly journal: RideJournal;
  readonly roads: Roads;
  readonly behaviour: Behaviour;
  readonly draw: () => number;
  readonly clock: Clock;
  /** Since the beginning of the simulation; the ticks are some time behind. */
  readonly nowMs: () => number;
  readonly recorder: HistoryRecorder | undefined;
  /** What the rider tells the driver at the door. */
  readonly pinOf: (rideId: string) => Promise<string | undefined>;
  /** Points that the server has dropped, by reason. */
  readonly onDropped: (reason: string, points: number) => void;
}

export function createSimulatedDriver(deps: SimulatedDriverDeps): SimulatedDriver {
  const { person, calls, journal, roads, behaviour, draw, clock, recorder } = deps;
  const driverId = person.userId;
  let place = deps.start;
  let line: DriverLine | undefined;
  let sequence = 0;
  let connectMs = 0;
  /** Since the last one that became ready. */
  let connects = 0;
  let closed = false;
  let finishing = false;
  let points: ReportedPoint[] = [];
  let nextPointMs = 0;
  let pointMs = 0;
  let offer: Offer | undefined;
  let task: Task | undefined;
  /** Something was asked that has not been answered: the rest waits. */
  let isAsking = false;
  let mustLook = false;
  let simulationMs = 0;

  function connect(nowMs: number): void {
    connectMs = nowMs + CONNECT_MS_MAX;
    connects += 1;
    const opened = openDriverLine({
      ...{ url: calls.urlFor(person), token: person.token, sequence },
      onMessage: hear,
      onEnd(last) {
        sequence = last;
        if (line !== opened) return;
        line = undefined;
        const pauseMs = RECONNECT_MS.least + draw() * (RECONNECT_MS.most - RECONNECT_MS.least);
        connectMs = simulationMs + pauseMs * 2 ** Math.min(DOUBLINGS_MAX, Math.max(0, connects - 1));
        calls.move(person);
      },
    });
    line = opened;
  }

  function keepLine(nowMs: number): void {
    if (line?.isReady() || closed) return;
    if (nowMs < connectMs) return;
    // One that never became ready.
    const stale = line;
    line = undefined;
    stale?.close();
    connect(nowMs);
  }

  function hear(message: LineMessage): void {
    const { type } = message;
    if (type === 'ready') connects = 0;
    if (type === 'ready' || type === 'state') hearState(String(message['state']));
    else if (type === 'offer') hearOffer(message);
    else if (type === 'offer_ended' && offer?.offerId === message['offer_id']) offer = undefined;
    else if (type === 'ack' && isObject(message['dropped'])) {
      for (const [reason, dropped] of Object.entries(message['dropped'])) {
        deps.onDropped(reason, Number(dropped));
      }
    }
  }

  function hearState(state: string): void {
    recorder?.mark('told-state', { driver_id: driverId, state });
    nextPointMs = 0;
    // It may be old news, from before the ride: the server is asked.
    if (task !== undefined && state === 'available') mustLook = true;
    if (state === 'non_operational' && !finishing) void goOnDuty();
  }

  function goOnDuty(): Promise<Answer | undefined> {
    return calls.call(person, { method: 'PUT', path: '/drivers/me/state', body: { state: 'available' } });
  }

  function hearOffer(message: LineMessage): void {
    const rideId = String(message['ride_id']);
    journal.offered(rideId, deps.nowMs());
    const [pickup, dropoff] = [pointOf(message['pickup']), pointOf(message['dropoff'])];
    const { wish, afterMs } = wishOf(behaviour, draw);
    if (wish === 'ignore' || finishing || pickup === undefined || dropoff === undefined) return;
    const expiresMs = Date.parse(String(message['expires_at']));
    const offerId = String(message['offer_id']);
    offer = { offerId, rideId, pickup, dropoff, expiresMs, wish, atMs: simulationMs + afterMs };
  }

  async function answer({ offerId, rideId, pickup, dropoff, expiresMs, wish }: Offer): Promise<void> {
    const value = () => ({
      ...{ driver_id: driverId, ride_id: rideId },
      ...{ at_ms: clock.nowMs(), expires_ms: expiresMs },
    });
    const answered = await calls.call(person, {
      ...{ method: 'POST', path: `/offers/${offerId}/${wish}`, idempotencyKey: `${wish}-${offerId}` },
      recorded: { f: `${wish}-offer`, key: offerId, value, done: () => ({}) },
    });
    if (answered?.status !== 200 || wish === 'decline') return;
    const record = journal.of(rideId);
    if (record !== undefined) Object.assign(record, { acceptedMs: deps.nowMs(), driverId });
    const leg = roads.leg(place, pickup, simulationMs);
    task = { rideId, pickup, dropoff, step: 'approach', leg, notBeforeMs: 0, refusals: 0 };
  }

  /** Asks once; the ticks go on meanwhile. */
  function ask(what: () => Promise<void>): void {
    isAsking = true;
    void what().finally(() => {
      isAsking = false;
    });
  }

  /** Whether the ride goes on. */
  async function look(): Promise<void> {
    const answered = await calls.call(person, { method: 'GET', path: '/drivers/me' });
    const state = answered?.body['state'];
    if (task !== undefined && (state === 'available' || state === 'non_operational')) task = undefined;
  }

  function act(name: 'arrive' | 'start' | 'complete', rideId: string, body?: object) {
    return calls.call(person, {
      ...{ method: 'POST', path: `/rides/${rideId}/${name}`, idempotencyKey: `${name}-${rideId}` },
      ...(body === undefined ? {} : { body }),
      ...(name === 'arrive'
        ? {}
        : {
            recorded: {
              ...{ f: `${name}-ride`, key: rideId },
              ...{ value: () => ({ by: driverId }), done: () => ({}) },
            },
          }),
    });
  }

  async function advance(current: Task): Promise<void> {
    // Where the car is now: what the server thinks of the rest depends on it.
    addPoint();
    sendPoints();
    const { rideId, step } = current;
    if (step === 'approach') {
      const answered = await act('arrive', rideId);
      // The PIN counts, whatever the server thinks of where the car is.
      if (!isDone(answered) && current.refusals < ARRIVALS_REFUSED_MAX) return refused(current);
      if (driverCancels(behaviour, draw)) return drop(current);
      Object.assign(journal.of(rideId) ?? {}, { arrivedMs: deps.nowMs() });
      Object.assign(current, {
        step: 'board',
        notBeforeMs: simulationMs + boardingMs(behaviour, draw),
        refusals: 0,
      });
    } else if (step === 'board') {
      const answered = await act('start', rideId, { pin: (await deps.pinOf(rideId)) ?? '' });
      if (isDone(answered)) {
        Object.assign(journal.of(rideId) ?? {}, { startedMs: deps.nowMs() });
        const leg = roads.leg(place, current.dropoff, simulationMs);
        Object.assign(current, { step: 'drive', leg, refusals: 0 });
      } else await refused(current);
    } else {
      const answered = await act('complete', rideId);
      if (!isDone(answered)) return refused(current);
      const record = journal.of(rideId);
      if (record !== undefined) {
        record.fare = fareOf(answered?.body) ?? record.fare;
        journal.end(record, deps.nowMs(), 'completed');
      }
      task = undefined;
    }
  }

  /** Cancelled meanwhile, or not there yet by what the server has heard. Who is refused for good lets go. */
  async function refused(current: Task): Promise<void> {
    current.refusals += 1;
    current.notBeforeMs = simulationMs + AGAIN_MS;
    await look();
    if (task !== current || current.refusals < REFUSALS_MAX) return;
    await drop(current);
  }

  /** The ride is for others. */
  async function drop({ rideId }: Task): Promise<void> {
    const answered = await calls.call(person, {
      ...{ method: 'POST', path: `/rides/${rideId}/cancel`, body: { reason: 'vehicle_trouble' } },
      idempotencyKey: `drop-${rideId}`,
      recorded: {
        ...{ f: 'cancel-ride', key: rideId },
        ...{ value: () => ({ by: driverId }), done: () => ({}) },
      },
    });
    task = undefined;
    const record = journal.of(rideId);
    if (!isDone(answered) || record === undefined || record.status !== undefined) return;
    Object.assign(record, { acceptedMs: undefined, arrivedMs: undefined, driverId: undefined });
  }

  function isDue({ step, leg, notBeforeMs }: Task, nowMs: number): boolean {
    if (nowMs < notBeforeMs) return false;
    return step === 'board' || isOver(leg, nowMs) || (finishing && step === 'drive');
  }

  function isDriving(): boolean {
    return task !== undefined && task.step !== 'board' && !isOver(task.leg, simulationMs);
  }

  function movePlace(nowMs: number): void {
    if (task !== undefined && task.step !== 'board') place = placeOn(task.leg, nowMs);
    if (nowMs < nextPointMs || !line?.isReady()) return;
    const driving = isDriving();
    nextPointMs = nowMs + (driving ? POINT_EVERY_MS : WAITING_POINT_EVERY_MS);
    addPoint();
    if (!driving || points.length >= MESSAGE_POINTS) sendPoints();
  }

  function addPoint(): void {
    const atMs = clock.nowMs();
    if (atMs > pointMs) points.push({ ...place, atMs, accuracyM: ACCURACY_M });
    pointMs = Math.max(pointMs, atMs);
  }

  function sendPoints(): void {
    line?.send(points);
    points = [];
  }

  return {
    person,
    isBusy: () => task !== undefined,
    isOnLine: () => line?.isReady() ?? false,
    tick(nowMs) {
      simulationMs = nowMs;
      keepLine(nowMs);
      movePlace(nowMs);
      if (isAsking || closed) return;
      if (mustLook) {
        mustLook = false;
        ask(look);
      } else if (task !== undefined) {
        const current = task;
        if (isDue(current, nowMs)) ask(() => advance(current));
      } else if (offer !== undefined && nowMs >= offer.atMs) {
        const due = offer;
        offer = undefined;
        ask(() => answer(due));
      }
    },
    finish() {
      finishing = true;
      offer = undefined;
    },
    close() {
      closed = true;
      line?.close();
    },
  };
}

/** What is done already is as good. */
function isDone(answer: Answer | undefined): boolean {
  return answer !== undefined && answer.status < 300;
}

function pointOf(value: unknown): GeoPoint | undefined {
  if (!isObject(value)) return undefined;
  const { lat, lng } = value;
  return typeof lat === 'number' && typeof lng === 'number' ? { lat, lng } : undefined;
}

/** Minor units, from a ride as the API shows it. */
export function fareOf(body: Answer['body'] | undefined): number | undefined {
  const fare = body?.['fare'];
  const total = isObject(fare) ? fare['total'] : undefined;
  return typeof total === 'number' ? total : undefined;
}
