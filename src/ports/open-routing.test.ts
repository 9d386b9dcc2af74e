import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { openRoutingEngine } from '../../test/support/routing-engine.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { layRoads } from '../../test/support/town-roads.ts';
import { createTwoStreets, northOf } from '../../test/support/two-streets.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { parseRoutingUrl } from '../core/routing-address.ts';
import { createPortStates } from '../resilience/port-states.ts';
import { roadFilePath } from '../roads/road-folder.ts';
import { generatedSource, osmSource } from '../roads/road-sources.ts';
import { createHealth } from '../telemetry/health.ts';
import { createLog } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { tracingOff } from '../telemetry/trace.ts';
import { openRouting } from './open-routing.ts';
import { greatCircleRouting } from './routing/great-circle-routing.ts';
import { createRoadsRouting } from './routing/roads-routing.ts';

const [FROM, TO] = [
  { lat: 40.751, lng: -73.99 },
  { lat: 40.748, lng: -73.972 },
];
const NOON_MS = Date.UTC(2026, 5, 1, 16, 24);
const log = createLog({ level: 'silent', pretty: false });

async function open(dataFolder: string, url?: string) {
  const [metrics, health] = [createMetrics({ version: 'test' }), createHealth(systemClock)];
  const { routing, streetMap } = await openRouting({
    config: { dataFolder, routing: url === undefined ? undefined : parseRoutingUrl(url) },
    ...{ clock: systemClock, randomness: systemRandomness, metrics, tracing: tracingOff, log, health },
    states: createPortStates(),
  });
  return { routing, streetMap, metrics, health };
}

async function folderWithRoads(test: TestContext, source?: string) {
  const dataFolder = await temporaryFolder(test);
  return { dataFolder, roads: await layRoads(dataFolder, source) };
}

describe('the routing of the product', () => {
  it('is the great circle where there are no roads', async (test) => {
    const { routing, metrics } = await open(await temporaryFolder(test));
    assert.deepEqual(
      await routing.estimate(FROM, TO, NOON_MS),
      greatCircleRouting.estimate(FROM, TO, NOON_MS),
    );
    assert.match(await metrics.registry.metrics(), /routing_answers_total\{source="great_circle"\} 1/);
  });

  it('goes by the roads in the data folder, and by the great circle where these end', async (test) => {
    const { dataFolder, roads } = await folderWithRoads(test);
    const { routing, metrics, health } = await open(dataFolder);
    const byRoad = createRoadsRouting({ towns: [roads], clock: systemClock });
    assert.deepEqual(await routing.route(FROM, TO, NOON_MS), byRoad.route(FROM, TO, NOON_MS));
    const away = { lat: 41, lng: -73.98 };
    assert.deepEqual(
      await routing.estimate(away, TO, NOON_MS),
      greatCircleRouting.estimate(away, TO, NOON_MS),
    );
    const text = await metrics.registry.metrics();
    assert.match(text, /routing_answers_total\{source="roads"\} 1/);
    assert.match(text, /routing_answers_total\{source="great_circle"\} 1/);
    assert.equal((await health.ready()).checks['routing']?.status, 'up');
  });

  it('has the streets of these roads for maps, with whom to name for them, and none of an engine', async (test) => {
    const box = { south: 40.74, west: -73.99, north: 40.76, east: -73.97 };
    const { dataFolder } = await folderWithRoads(test, osmSource('town.osm.pbf'));
    const { layers, attributions } = (await open(dataFolder)).streetMap.streetsIn(box);
    assert.ok(layers.some(({ lines }) => lines.length > 100));
    assert.deepEqual(attributions, ['© OpenStreetMap contributors']);
    const made = await folderWithRoads(test, generatedSource(1));
    assert.deepEqual((await open(made.dataFolder)).streetMap.streetsIn(box).attributions, []);
    const asked = await open(dataFolder, 'osrm+http://127.0.0.1:9');
    atEnd(test, () => asked.routing.close());
    assert.ok(asked.streetMap.streetsIn(box).layers.every(({ lines }) => lines.length === 0));
  });

  it('starts without a file that is damaged, and says so', async (test) => {
    const { dataFolder } = await folderWithRoads(test);
    await writeFile(roadFilePath(dataFolder, 'other'), 'not roads');
    const { routing, health } = await open(dataFolder);
    const { status, checks } = await health.ready();
    assert.equal(status, 'ready');
    assert.equal(checks['routing']?.status, 'down');
    assert.match(checks['routing']?.message ?? '', /other\.roads is no road file\. Import/);
    assert.ok(typeof (await routing.estimate(FROM, TO, NOON_MS)) === 'object');
  });

  it('asks an engine, and the great circle as soon as that fails, without asking for ever', async (test) => {
    const engine = await openRoutingEngine(createTwoStreets());
    atEnd(test, () => engine.close());
    const { routing, metrics, health } = await open(await temporaryFolder(test), `osrm+${engine.osrmUrl}`);
    atEnd(test, () => routing.close());
    const [from, to] = [northOf(100), northOf(600)];
    assert.deepEqual(await routing.estimate(from, to, NOON_MS), { distanceM: 500, durationS: 50 });
    assert.equal(await routing.estimate(northOf(3_500), from, NOON_MS), 'no_way');
    assert.equal((await health.ready()).checks['routing']?.status, 'up');
    engine.behave({ kind: 'own', status: 500, text: 'down' });
    const straight = greatCircleRouting.estimate(from, to, NOON_MS);
    const before = engine.asked();
    const ASKED = 100;
    for (let n = 0; n < ASKED; n += 1) assert.deepEqual(await routing.estimate(from, to, NOON_MS), straight);
    assert.ok(engine.asked() - before < ASKED, 'the breaker is open');
    const [durations] = await routing.durations([{ from: [from], to }], NOON_MS);
    assert.equal(Math.round(Number(durations?.[0])), straight.durationS);
    const { status, checks } = await health.ready();
    assert.deepEqual([status, checks['routing']?.status], ['ready', 'down']);
    assert.match(await metrics.registry.metrics(), /routing_answers_total\{source="osrm"\} 2/);
  });
});
