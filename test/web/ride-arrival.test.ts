import assert from 'node:assert/strict';
import { it } from 'node:test';
import { importWebModule } from '../support/web-module.ts';

interface Arrival {
  placeAfter(place: object | undefined, before: object | null | undefined, after: object): object | undefined;
}

it('the time to the pickup is not shown as that to the drop-off', async (test) => {
  const { placeAfter } = await importWebModule<Arrival>(test, 'rides/arrival.ts');
  const place = { ride_id: '1', lat: 40.7, lng: -74, at: '2026-01-01T00:00:00Z', eta_s: 20 };
  const [arrived, started] = [
    { ride_id: '1', status: 'arrived' },
    { ride_id: '1', status: 'started' },
  ];
  assert.deepEqual(placeAfter(place, arrived, started), { ...place, eta_s: null });
  assert.equal(placeAfter(place, arrived, arrived), place);
  assert.equal(placeAfter(place, started, started), place, 'once more is no start');
  assert.equal(placeAfter(place, { ...arrived, ride_id: '2' }, started), place);
  for (const unknown of [null, undefined]) assert.equal(placeAfter(place, unknown, started), place);
  assert.equal(placeAfter(undefined, arrived, started), undefined);
});
