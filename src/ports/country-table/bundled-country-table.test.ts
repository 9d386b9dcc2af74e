import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BUNDLED_ATTRIBUTION, openBundledCountryTable } from './bundled-country-table.ts';
import { countryTableContract } from './country-table.contract.ts';

countryTableContract('the bundled table', {
  open: async () => openBundledCountryTable(),
  known: { address: '123.45.67.8', country: 'KR' },
});

it('the bundled table knows countries of all the world, and nothing of IPv6', () => {
  const table = openBundledCountryTable();
  const spots = { '8.8.8.8': 'US', '193.99.144.80': 'DE', '133.11.0.1': 'JP', '200.160.2.3': 'BR' };
  for (const [address, country] of Object.entries(spots)) assert.equal(table.countryOf(address), country);
  assert.equal(table.countryOf('2001:4860:4860::8888'), undefined);
  assert.equal(table.attribution, BUNDLED_ATTRIBUTION);
});
