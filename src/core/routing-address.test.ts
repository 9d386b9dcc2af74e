import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRoutingUrl } from './routing-address.ts';

it('the URL of an engine of routes says where it is, and which one', () => {
  assert.deepEqual(parseRoutingUrl('osrm+http://10.0.0.5:5000/'), {
    ...{ engine: 'osrm', profile: 'driving', url: 'http://10.0.0.5:5000' },
  });
  assert.deepEqual(parseRoutingUrl('valhalla+https://routes.example/api/?profile=taxi'), {
    ...{ engine: 'valhalla', profile: 'taxi', url: 'https://routes.example/api' },
  });
  for (const wrong of [
    ...['', 'http://host', 'osrm://host', 'osrm+ftp://host', 'osrm+http://', 'graphhopper+http://host'],
    ...[
      'osrm+http://host?key=1',
      'osrm+http://host#x',
      'osrm+http://a:b@host',
      'osrm+http://host?profile=a/b',
    ],
  ]) {
    assert.equal(parseRoutingUrl(wrong), undefined, wrong);
  }
});
