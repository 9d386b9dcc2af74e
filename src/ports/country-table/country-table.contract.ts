/** What every country table promises. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { CountryTable } from './country-table.ts';

export interface CountryTableContractDeps {
  open(): Promise<CountryTable>;
  /** An IPv4 address that the table knows, and where it is. */
  readonly known: { readonly address: string; readonly country: string };
}

export function countryTableContract(name: string, { open, known }: CountryTableContractDeps): void {
  describe(`${name} is a country table`, () => {
    let table: CountryTable;
    before(async () => {
      table = await open();
    });

    it('knows where an address is, also one that came over an IPv6 socket', () => {
      assert.equal(table.countryOf(known.address), known.country);
      assert.equal(table.countryOf(`::ffff:${known.address}`), known.country);
      assert.equal(table.countryOf(`::FFFF:${known.address}`), known.country);
    });

    it('knows no country of what is private, reserved or no address, and never throws', () => {
      const nowhere = [
        '127.0.0.1',
        '10.0.0.1',
        '255.255.255.255',
        '0.0.0.0',
        '::1',
        'fe80::1',
        '2001:db8::1',
      ];
      const nonsense = [
        '',
        'x',
        '1.2.3',
        '1.2.3.4.5',
        '999.1.1.1',
        '1.2.3.-4',
        `::ffff:${known.address}.`,
        ':',
        '::ffff:',
      ];
      for (const address of [...nowhere, ...nonsense]) {
        assert.equal(table.countryOf(address), undefined, address);
      }
    });
  });
}
