/** Drivers who are somewhere, and riders who wait, for pages that show them. */
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { encodePoints } from '../../src/systems/rides/positions/binary-points.ts';
import { createJourneyClient, type Person } from './journey-client.ts';
import { type DriverClient, openDriverClient, PRIUS } from './rides-setting.ts';
import { until } from './until.ts';

export interface TownPlace {
  readonly lat: number;
  readonly lng: number;
}

/** What becomes of the first ride that a driver is offered. */
type Manner = 'answers nothing' | 'accepts' | 'starts';

export interface RideTown {
  addDriver(plate: string, at: TownPlace, manner?: Manner): Promise<void>;
  addRequest(pickup: TownPlace, rideType?: string): Promise<void>;
  close(): Promise<void>;
}

interface TownDriver {
  readonly stream: DriverClient;
  readonly at: TownPlace;
  sequence: number;
}

const DROPOFF = { lat: 40.7061, lng: -74.0087 };
const REPORT_EVERY_MS = 3_000;

export function openRideTown(url: string): RideTown {
  const people = createJourneyClient(() => url);
  const drivers: TownDriver[] = [];
  const riders = new Map<string, Person>();
  function report(driver: TownDriver): void {
    driver.sequence += 1;
    const points = [{ ...driver.at, atMs: systemClock.nowMs(), accuracyM: 5 }];
    driver.stream.send(encodePoints({ sequence: driver.sequence, points }));
  }
  async function drive(driver: Person, stream: DriverClient, starts: boolean): Promise<void> {
    const { offer_id: offerId, ride_id: rideId } = await stream.first('offer');
    const { status } = await driver.call('POST', `/offers/${offerId}/accept`);
    if (status !== 200 || !starts) return;
    const ride = await riders.get(rideId)?.get(`/rides/${rideId}`);
    await driver.post(`/rides/${rideId}/start`, { body: { pin: ride.pin } });
  }
  const timer = setInterval(() => drivers.forEach(report), REPORT_EVERY_MS);

  return {
    async addDriver(plate, at, manner = 'answers nothing') {
      const person = await people.signUp('town');
      await person.put('/drivers/me', { body: { vehicle: { ...PRIUS, plate }, ride_types: ['economy'] } });
      await person.put('/drivers/me/state', { body: { state: 'available' } });
      const stream = await openDriverClient(`${url}${API}`, person.token);
      const { sequence } = await stream.first('ready');
      const driver = { stream, at, sequence };
      drivers.push(driver);
      report(driver);
      await until(() => stream.of('ack').length > 0);
      // Who is offered nothing goes on waiting.
      if (manner !== 'answers nothing') drive(person, stream, manner === 'starts').catch(() => undefined);
    },
    async addRequest(pickup, rideType = 'economy') {
      const rider = await people.signUp('town');
      const body = { pickup, dropoff: DROPOFF, ride_type: rideType };
      const { ride_id: rideId } = await rider.post('/rides', { body });
      riders.set(rideId, rider);
    },
    async close() {
      clearInterval(timer);
      await Promise.all(drivers.map(({ stream }) => stream.close()));
    },
  };
}
