/**
 * The id-writers port: which process may make ids as which of the writers 0 to FIRST_BULK_WRITER - 1 of
 * core/ids.ts. It is kept where the data is, so that whoever can store an id can also lease its writer.
 */

export interface IdWriters {
  /**
   * Leases a writer that is free or whose lease has run out, the one whose ids lie furthest in the past first.
   * Answers undefined when all are held. Two calls never get the same writer at the same time.
   * NOTE: not idempotent: an answer that is lost leaves a writer unused until that lease runs out.
   */
  lease(terms: LeaseTerms): Promise<LeasedWriter | undefined>;

  /** Extends the lease. Answers false when it is someone else's by now; then nothing changes. Idempotent. */
  renew(writer: number, terms: LeaseTerms): Promise<boolean>;

  /**
   * Gives the writer back at once. `terms.ceilingMs` may be lower than before, down to the latest id really made
   * but not below the `highWaterMs` of the lease. Does nothing if it is someone else's by now. Idempotent.
   */
  release(writer: number, terms: Omit<LeaseTerms, 'leaseMs'>): Promise<void>;
}

export interface LeaseTerms {
  /** A UUID that is new for every lease. */
  readonly holder: string;
  /** Counted from some moment during the call, by the clock of the store. */
  readonly leaseMs: number;
  /**
   * The holder's promise: under this lease it makes no id of a later millisecond (since 1970). A later holder
   * starts above it, so ids stay unique whatever the clocks do; that leases run out only frees the numbers.
   */
  readonly ceilingMs: number;
}

export interface LeasedWriter {
  readonly writer: number;
  /** The highest ceiling of all earlier holders. */
  readonly highWaterMs: number;
}
