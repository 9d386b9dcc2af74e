/** A table that the operator brings, in MaxMind's format: GeoLite2 and DB-IP come so, of IPv4 and IPv6. */
import { type CountryResponse, open, type Reader, validate } from 'maxmind';
import { AppError } from '../../core/errors.ts';
import { type CountryTable, unmapped } from './country-table.ts';

/** Reads the whole file into memory. Fails with `invalid` if it is no such table. */
export async function openMmdbCountryTable(file: string): Promise<CountryTable> {
  const reader = await read(file);
  return {
    attribution: '',
    countryOf(address) {
      const plain = unmapped(address);
      if (!validate(plain)) return undefined;
      return codeOf(reader, plain);
    },
  };
}

async function read(file: string): Promise<Reader<CountryResponse>> {
  try {
    return await open<CountryResponse>(file);
  } catch (error) {
    throw new AppError('invalid', `${file} is no country table in MaxMind's format (.mmdb).`, {
      cause: error,
    });
  }
}

/** A damaged record, or an IPv6 address in a table of IPv4, is a country that nobody knows. */
function codeOf(reader: Reader<CountryResponse>, address: string): string | undefined {
  try {
    const code = reader.get(address)?.country?.iso_code;
    return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
