import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createRidesSetting, type RidesSetting } from '../../../../test/support/rides-setting.ts';
import type { Id } from '../../../core/ids.ts';
import { createRoadsStreetMap } from '../../../ports/street-map/roads-street-map.ts';
import { STREET_KINDS } from '../../../ports/street-map/street-map.ts';
import { generateCity } from '../../../roads/generated-city.ts';
import { createRoads } from '../../../roads/roads.ts';

const MIDDLE = { lat: 40.75, lng: -73.98 };
const graph = generateCity({ seed: 3, columns: 20, rows: 30, middle: MIDDLE });
const attribution = '© OpenStreetMap contributors';

describe('the streets of a map', () => {
  let setting: RidesSetting;
  let alice: Id;
  before(async () => {
    const streetMap = createRoadsStreetMap([{ roads: createRoads('town', graph), attribution }]);
    setting = await createRidesSetting({ streetMap });
    alice = setting.addPerson();
  });
  after(() => setting.close());

  const ask = (bbox: string, userId: Id | undefined = alice, headers = {}) =>
    setting.call('GET', `/rides/streets?bbox=${bbox}`, userId, undefined, headers);

  it('are those that the server knows, by kind, with whom to name for them', async () => {
    const { status, body, headers } = await ask('-74,40.73,-73.96,40.77');
    assert.equal(status, 200);
    assert.deepEqual(
      body.layers.map(({ kind }: { kind: string }) => kind),
      STREET_KINDS,
    );
    assert.ok(body.layers[3].lines.length > 300);
    assert.deepEqual(body.attributions, [attribution]);
    assert.match(String(headers['content-type']), /^application\/json/);
    assert.equal(headers['cache-control'], 'private, max-age=3600');
  });

  it('are fewer kinds in larger boxes, and none where none are known', async () => {
    const kinds = async (bbox: string) =>
      (await ask(bbox)).body.layers.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual(await kinds('-74,40.7,-73.9,40.8'), ['motorway', 'primary', 'secondary']);
    assert.deepEqual(await kinds('-74.2,40.5,-73.6,40.9'), ['motorway', 'primary']);
    assert.deepEqual(await kinds('-75,40,-73,41.5'), ['motorway']);
    const { layers, attributions } = (await ask('10,50,10.05,50.05')).body;
    assert.ok(layers.every(({ lines }: { lines: unknown[] }) => lines.length === 0));
    assert.deepEqual(attributions, []);
  });

  it('are not sent again to whoever has them', async () => {
    const bbox = '-74,40.73,-73.96,40.77';
    const etag = String((await ask(bbox)).headers['etag']);
    const again = await ask(bbox, alice, { 'if-none-match': etag });
    assert.deepEqual([again.status, again.text, again.headers['etag']], [304, '', etag]);
    const other = await ask('-74,40.73,-73.97,40.77', alice, { 'if-none-match': etag });
    assert.equal(other.status, 200);
    assert.notEqual(other.headers['etag'], etag);
  });

  it('are of boxes up to the limit, also across the antimeridian, and for anyone who is signed in', async () => {
    assert.equal((await ask('-75,39,-73,41')).status, 200);
    const { status, body } = await ask('-75,39,-72.99,41');
    assert.equal(status, 422);
    assert.match(body.errors[0].message, /2 degrees wide and high at most/);
    for (const bbox of ['', '1,2,3', '-74,41,-73,40', 'a,b,c,d', '-73,40,-73,41']) {
      assert.equal((await ask(bbox)).status, 422, bbox);
    }
    assert.equal((await ask('179.5,10,-179.5,11')).status, 200);
    assert.equal((await setting.call('GET', '/rides/streets?bbox=0,0,1,1', undefined)).status, 401);
  });
});
