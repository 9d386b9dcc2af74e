/** What a visitor of the demo finds in the first minutes: something of each system, and a ride that is driven. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { atEnd } from '../support/at-end.ts';
import { startDemo } from '../support/demo-server.ts';
import { createJourneyClient, type Json } from '../support/journey-client.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;
const [PICKUP, DROPOFF] = [
  { lat: 40.7527, lng: -73.9772 },
  { lat: 40.745, lng: -73.985 },
];

it('the demo has talk, photos, links that were opened, and drivers', { timeout: 300_000 }, async (test) => {
  const demo = await startDemo({ GROUNDSWELL_RATE_LIMITS: 'off' });
  atEnd(test, () => demo.close());
  const people = createJourneyClient(() => demo.url);
  const signIn = async ({ username, password }: typeof demo.reader) => {
    const { body } = await people.signIn(username, password);
    const headers = { authorization: `Bearer ${body.access_token}` };
    return async (method: string, path: string, body?: object): Promise<Json> => {
      const answer = await people.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    };
  };
  const reader = await signIn(demo.reader);
  const staff = await signIn(demo.administrator);

  await until(async () => (await reader('GET', '/trends/tags')).items.length >= 3, WITHIN_MS);
  await until(async () => (await reader('GET', '/feed?type=photos')).photos.length === 6, WITHIN_MS);
  const { items: links } = await reader('GET', '/links');
  assert.equal(links.length, 5);
  const statistics = `/links/${links.at(-1).link_id}/stats`;
  await until(async () => (await reader('GET', statistics)).total.humans > 10, WITHIN_MS);
  const { items: notifications } = await reader('GET', '/notifications');
  assert.deepEqual(new Set(notifications.map(({ kind }: Json) => kind)), new Set(['mention', 'follow']));

  await until(
    async () =>
      (await staff('GET', '/rides/operations/drivers?bbox=-74.6,40.3,-73.3,41.2')).drivers.length > 0,
    WITHIN_MS,
  );
  const { layers } = await reader('GET', '/rides/streets?bbox=-74,40.74,-73.96,40.77');
  assert.ok(layers.some(({ lines }: Json) => lines.length > 0));
  await reader('PUT', '/payments/method', { token: 'sandbox_ok' });
  const wish = { pickup: PICKUP, dropoff: DROPOFF, ride_type: 'economy' };
  const { ride_id: rideId } = await reader('POST', '/rides', wish);
  await until(async () => (await reader('GET', `/rides/${rideId}`)).status === 'accepted', WITHIN_MS);
});
