/** Where things are on the map of rides, and where a tap is in the world. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { importWebModule } from '../support/web-module.ts';

interface Place {
  readonly lat: number;
  readonly lng: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface View {
  readonly middle: Point;
  readonly worldPx: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** As web/src/rides/map/mercator.ts has it. */
interface MapMath {
  toScreen(view: View, size: Size, place: Place): Point;
  placeAt(view: View, size: Size, point: Point): Place;
  zoomedAt(view: View, size: Size, at: Point, factor: number): View;
  fitting(box: Box, size: Size, margin: Size): View;
  nearTo(view: View, place: Place): View;
  middlePart(box: Box, degreesMax: number): Box;
  scaleBar(view: View, pixelsMax: number): { readonly meters: number; readonly pixels: number };
  metersBetween(from: Place, to: Place): number;
  boxSeen(view: View, size: Size, reachDegrees: number): Box;
  pixelsBetween(view: View, from: Place, to: Place): number;
}

const mapMath = (test: TestContext) => importWebModule<MapMath>(test, 'rides/map/mercator.ts');

const place = fc.record({
  lat: fc.double({ min: -80, max: 80, noNaN: true }),
  lng: fc.double({ min: -179.9, max: 179.9, noNaN: true }),
});
const size = { width: 800, height: 600 };
const view = fc
  .record({
    x: fc.double({ min: 0, max: 0.999, noNaN: true }),
    y: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    worldPx: fc.double({ min: 20_000, max: 2 ** 27, noNaN: true }),
  })
  .map(({ x, y, worldPx }) => ({ middle: { x, y }, worldPx }));
const point = fc.record({
  x: fc.double({ min: 0, max: 800, noNaN: true }),
  y: fc.double({ min: 0, max: 600, noNaN: true }),
});

function isNear(one: Point, other: Point, within: number): boolean {
  return Math.abs(one.x - other.x) <= within && Math.abs(one.y - other.y) <= within;
}

describe('the map of rides', () => {
  it('shows a place where a tap finds it', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, point, (seen, at) => {
        const shown = map.toScreen(seen, size, map.placeAt(seen, size, at));
        assert(isNear(shown, at, 0.01), `${JSON.stringify(shown)} is not ${JSON.stringify(at)}`);
      }),
    );
  });

  it('keeps what is under the fingers where it is when it is zoomed', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, point, fc.double({ min: 0.5, max: 2, noNaN: true }), (seen, at, factor) => {
        const under = map.placeAt(seen, size, at);
        const zoomed = map.zoomedAt(seen, size, at, factor);
        assert(isNear(map.toScreen(zoomed, size, under), at, 0.05));
      }),
    );
  });

  it('has of a large box the middle, and of a small one all', async (test) => {
    const map = await mapMath(test);
    const city = { south: 40, west: -75, north: 41, east: -73 };
    const middle = map.middlePart(city, 0.5);
    assert.deepEqual(middle, { south: 40.25, west: -74.25, north: 40.75, east: -73.75 });
    assert.deepEqual(map.middlePart(middle, 1), middle);
    const across = { ...city, west: 170, east: -170 };
    assert.deepEqual(map.middlePart(across, 0.5), across);
  });

  it('shows all of a box, with margins', async (test) => {
    const map = await mapMath(test);
    const span = fc.double({ min: 0.01, max: 5, noNaN: true });
    fc.assert(
      fc.property(place, span, span, (corner, height, width) => {
        const box = {
          south: corner.lat,
          north: Math.min(80, corner.lat + height),
          west: corner.lng,
          east: Math.min(179.9, corner.lng + width),
        };
        const seen = map.fitting(box, size, { width: 100, height: 50 });
        for (const lat of [box.south, box.north]) {
          for (const lng of [box.west, box.east]) {
            const { x, y } = map.toScreen(seen, size, { lat, lng });
            assert(x >= 99 && x <= 701 && y >= 49 && y <= 551, `(${x}, ${y}) is in the margin`);
          }
        }
      }),
    );
  });

  it('goes near to a place that is meant exactly, and no further from it', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, place, (seen, meant) => {
        const near = map.nearTo(seen, meant);
        assert(near.worldPx >= seen.worldPx && near.worldPx >= 2 ** 22);
        const { x, y } = map.toScreen(near, size, meant);
        assert(Math.abs(x - 400) < 1 && Math.abs(y - 300) < 1, `(${x}, ${y}) is the middle`);
      }),
    );
  });

  it('knows what part of the earth is seen, up to a limit', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, point, (seen, at) => {
        const { south, west, north, east } = map.boxSeen(seen, size, 1);
        assert(north > south && north - south <= 2.000001 && (east - west + 360) % 360 <= 2.000001);
        const { lat, lng } = map.placeAt(seen, size, at);
        const middle = map.placeAt(seen, size, { x: size.width / 2, y: size.height / 2 });
        const across = Math.abs(((lng - middle.lng + 540) % 360) - 180);
        const isInBox =
          lat >= south - 1e-9 &&
          lat <= north + 1e-9 &&
          (lng - west + 360.000001) % 360 <= ((east - west + 360) % 360) + 1e-5;
        assert(isInBox || Math.abs(lat - middle.lat) > 0.99 || across > 0.99);
      }),
    );
  });

  it('tells how far things are from each other on the screen', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, point, point, (seen, one, other) => {
        const [from, to] = [map.placeAt(seen, size, one), map.placeAt(seen, size, other)];
        const pixels = Math.hypot(one.x - other.x, one.y - other.y);
        assert(Math.abs(map.pixelsBetween(seen, from, to) - pixels) < 0.05);
      }),
    );
  });

  it('has a bar of a round length that fits', async (test) => {
    const map = await mapMath(test);
    fc.assert(
      fc.property(view, (seen) => {
        const { meters, pixels } = map.scaleBar(seen, 100);
        assert(pixels <= 100.001 && pixels > 39, `${pixels} pixels`);
        const digits = meters / 10 ** Math.floor(Math.log10(meters) + 1e-9);
        assert([1, 2, 5].includes(Math.round(digits)), `${meters} m is not round`);
      }),
    );
  });

  it('measures as the earth is', async (test) => {
    const map = await mapMath(test);
    const oneDegree = map.metersBetween({ lat: 0, lng: 10 }, { lat: 0, lng: 11 });
    assert(Math.abs(oneDegree - 111_319) < 10, `${oneDegree} m`);
    assert.equal(map.metersBetween({ lat: 40, lng: -74 }, { lat: 40, lng: -74 }), 0);
  });
});
