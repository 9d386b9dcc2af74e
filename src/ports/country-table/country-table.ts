/** The country-table port: the country that an address is used in, as far as a table in this process tells. */

export interface CountryTable {
  /**
   * ISO 3166-1 alpha-2, in upper case; `undefined` where the table does not know: private and reserved ranges, what is
   * no address, and whatever the table leaves out. An IPv4-mapped IPv6 address is the IPv4 address. Asks nobody, and
   * costs some microseconds. Never throws.
   */
  countryOf(address: string): string | undefined;
  /** What the licence of the table asks to be said wherever its countries are shown; empty if it asks nothing. */
  readonly attribution: string;
}

const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** Without the prefix of an IPv4 address that came over an IPv6 socket. */
export function unmapped(address: string): string {
  return address.startsWith(':') ? (MAPPED_IPV4.exec(address)?.[1] ?? address) : address;
}
