/** The text-records port: what the owner of a name has published in the DNS. */

export const TEXT_RECORDS_TIMEOUT_MS = 4_000;

export interface TextRecords {
  /**
   * The TXT records of a name, each with its strings put together; none if there are none, or no such name. Asked for
   * afresh, but resolvers on the way may remember an earlier answer for as long as that says. Settles within some
   * TEXT_RECORDS_TIMEOUT_MS. Fails with `unavailable` where no name server answers.
   */
  get(name: string): Promise<readonly string[]>;
}
