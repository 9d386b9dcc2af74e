/**
 * What a trip that goes on takes of the memory of a process: the driver's stream, the rider's live updates, and what is known of the ride
 * itself. The driver sends a point a second, of which the rider is told.
 */
import { API, callPatiently, textAt } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { concurrently } from '../../core/concurrently.ts';
import { type PositionSenders, startPositionSenders } from '../drivers/position-senders.ts';
import { registerDrivers } from '../drivers/register-drivers.ts';
import { startLiveListeners } from '../live/live-listeners.ts';
import { awaitQuiet } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { LOOK_EVERY_MS, leastMemory, type ServerMemory } from './server-memory.ts';

/** So many that they outweigh what a collection more or less makes of a heap. */
const TRIPS = 2_000;
const PER_S = 1;
/** Of the seconds of a slice. Before what there is is looked at: that long, the handshakes' garbage is in the way. */
const SETTLE_SLICES = 7.5;
/** So many a second of a slice. */
const LOOKS_PER_S = 7.5;
/** Offers are made every two seconds: when nobody has accepted any for so many rounds, nobody will. */
const IDLE_ROUNDS_MAX = 30;
const ACCEPTING_ROUND_MS = 500;
/** Where the drivers are, and a kilometer further. */
const [LAT, LNG, SPREAD, AWAY] = [40.75, -73.98, 0.05, 0.01] as const;

export const liveTripsExperiment: Experiment = {
  name: 'live-trips',
  purpose: 'the memory that a trip takes while it goes on',
  async run(workshop) {
    const { crowd, http, options } = workshop;
    const { stage, clock, loadCores, onProgress } = options;
    const trips = Math.min(TRIPS, Math.floor(crowd.size / 2));
    onProgress(`live-trips: registering ${trips} drivers`);
    const drivers = await registerDrivers(http, crowd, trips);
    const riders = Array.from({ length: trips }, (_, n) => crowd.token(trips + n));
    const [driving, watching] = [startPositionSenders(loadCores), startLiveListeners(loadCores)];
    const look = (what: string) => lookWhileDriving(workshop, driving, what);
    try {
      await awaitQuiet(stage.pids, clock);
      const none = await leastMemory(http, clock, looksOf(options));
      await driving.open(
        addressOf(stage.url),
        `${API}/drivers/me/stream`,
        drivers,
        `${stage.url}${API}/offers`,
      );
      const onDuty = await look('drivers on duty');
      await watching.open(addressOf(stage.url), `${API}/live`, riders);
      const watched = await look('and riders who watch');
      const rideIds = await askForRides(workshop, riders);
      const accepted = await untilAccepted(driving, trips);
      const going = await look('and trips');
      await cancelRides(workshop, riders, rideIds);
      const per = (before: ServerMemory, after: ServerMemory) => figuresOf(before, after, accepted);
      return {
        name: 'live-trips',
        purpose: liveTripsExperiment.purpose,
        figures: [
          { label: 'trips', value: accepted, unit: '' },
          ...per(none, onDuty)('a driver on duty'),
          ...per(onDuty, watched)('a rider who watches'),
          ...per(watched, going)('the trip itself'),
          ...per(none, going)('a live trip, with both'),
        ],
      };
    } finally {
      driving.close();
      watching.close();
    }
  },
};

async function lookWhileDriving(
  { http, options }: ExperimentWorkshop,
  driving: PositionSenders,
  what: string,
): Promise<ServerMemory> {
  options.onProgress(`live-trips: ${what}`);
  await driving.send(options.seconds * SETTLE_SLICES * 1_000, PER_S);
  const looks = looksOf(options);
  const [memory] = await Promise.all([
    leastMemory(http, options.clock, looks),
    driving.send(looks * LOOK_EVERY_MS, PER_S),
  ]);
  return memory;
}

function looksOf({ seconds }: ExperimentWorkshop['options']): number {
  return Math.ceil(seconds * LOOKS_PER_S);
}

/** Answers their ids, in the order of the riders. */
async function askForRides(
  { http, options }: ExperimentWorkshop,
  riders: readonly string[],
): Promise<readonly string[]> {
  const rideIds: string[] = [];
  await concurrently(riders.length, async (n) => {
    const lat = LAT + ((n % 100) / 100) * SPREAD;
    const body = JSON.stringify({
      ...{ pickup: { lat, lng: LNG + AWAY }, dropoff: { lat, lng: LNG + 4 * AWAY }, ride_type: 'economy' },
    });
    const token = riders[n] ?? '';
    const ride = await callPatiently(http, options.clock, {
      method: 'POST',
      path: `${API}/rides`,
      token,
      body,
    });
    rideIds[n] = textAt(ride, 'ride_id');
  });
  return rideIds;
}

/** So that their drivers are free for another run on the same data. */
async function cancelRides(
  { http, options }: ExperimentWorkshop,
  riders: readonly string[],
  rideIds: readonly string[],
): Promise<void> {
  await concurrently(rideIds.length, async (n) => {
    const path = `${API}/rides/${rideIds[n]}/cancel`;
    await callPatiently(http, options.clock, { method: 'POST', path, token: riders[n] ?? '', body: '{}' });
  });
}

async function untilAccepted(driving: PositionSenders, trips: number): Promise<number> {
  let [accepted, idleRounds] = [0, 0];
  while (accepted < trips && idleRounds < IDLE_ROUNDS_MAX) {
    await driving.send(ACCEPTING_ROUND_MS, PER_S);
    idleRounds = driving.accepted() > accepted ? 0 : idleRounds + 1;
    accepted = driving.accepted();
  }
  return accepted;
}

function figuresOf(before: ServerMemory, after: ServerMemory, trips: number) {
  const each = (first: number | undefined, second: number | undefined) =>
    first === undefined || second === undefined ? undefined : ((second - first) * 1_024) / trips;
  return (label: string): Figure[] => [
    { label: `${label}, resident`, value: each(before.residentMb, after.residentMb), unit: 'KiB' },
    { label: `${label}, heap`, value: each(before.heapMb, after.heapMb), unit: 'KiB' },
  ];
}
