import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSamePlace } from './prices.ts';

describe('two places', () => {
  it('are one to the centimetre, and where longitudes meet', () => {
    const place = { lat: 40.7128, lng: -74.006 };
    assert(isSamePlace(place, { ...place, lat: place.lat + 4e-8 }));
    assert(!isSamePlace(place, { ...place, lat: place.lat + 2e-7 }));
    assert(!isSamePlace(place, { ...place, lng: place.lng + 2e-7 }));
    assert(isSamePlace({ lat: 10, lng: 180 }, { lat: 10, lng: -180 }));
    assert(isSamePlace({ lat: -90, lng: 12 }, { lat: -90, lng: 77 }));
    assert(!isSamePlace({ lat: 90, lng: 12 }, { lat: -90, lng: 12 }));
  });
});
