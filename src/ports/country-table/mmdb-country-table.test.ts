import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CountryRange, countryDatabase } from '../../../test/support/country-database.ts';
import { AppError } from '../../core/errors.ts';
import { countryTableContract } from './country-table.contract.ts';
import { openMmdbCountryTable } from './mmdb-country-table.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'groundswell-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function openTable(ranges: readonly CountryRange[]) {
  const file = path.join(folder, 'countries.mmdb');
  await writeFile(file, countryDatabase(ranges));
  return openMmdbCountryTable(file);
}

countryTableContract('a mounted table', {
  open: () => openTable([{ prefix: '203.0.113.0/24', country: 'NZ' }]),
  known: { address: '203.0.113.9', country: 'NZ' },
});

describe('a mounted table', () => {
  it('knows IPv6 too', async () => {
    const table = await openTable([
      { prefix: '203.0.113.0/24', country: 'NZ' },
      { prefix: '2001:db8:1::/48', country: 'IS' },
    ]);
    assert.equal(table.countryOf('2001:db8:1::9'), 'IS');
    assert.equal(table.countryOf('2001:db8:2::9'), undefined);
    assert.equal(table.countryOf('203.0.113.255'), 'NZ');
  });

  it('takes nothing for a country that does not look like one', async () => {
    const table = await openTable([{ prefix: '203.0.113.0/24', country: '<b>' }]);
    assert.equal(table.countryOf('203.0.113.9'), undefined);
  });

  it('that is no table, or not there, is refused by name', async () => {
    const file = path.join(folder, 'no-table.mmdb');
    const refused = (error: unknown) =>
      error instanceof AppError && error.code === 'invalid' && error.message.includes(file);
    await assert.rejects(openMmdbCountryTable(file), refused);
    await writeFile(file, 'this is not a table');
    await assert.rejects(openMmdbCountryTable(file), refused);
  });
});
