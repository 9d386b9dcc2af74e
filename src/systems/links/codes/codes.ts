/** Codes for new links, of blocks that this process has leased ahead of need, and whether a code can exist at all. */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, assert } from '../../../core/errors.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { CODES, codeNumber, codeText } from './base62.ts';
import { getLeasedBelow, getSecret, leaseBlock, proposeSecret } from './codes-queries.ts';
import { createPermutation, type Permutation, SECRET_BYTES } from './permutation.ts';

/** Some two seconds of creating at full speed. What a process leaves unused when it ends is no loss: 0.000001 % of all. */
export const BLOCK_CODES = 10_000;
/** With fewer left, the next block is leased. */
const LEASE_BELOW = BLOCK_CODES / 2;
const RETRY_MS = 1_000;

export interface Codes {
  /** A code that was never made before. Waits only for the first block of the process, or while the database is away. */
  next(): Promise<string>;
  /** Leases the first block, so that nobody waits for it. */
  prepare(): Promise<void>;
  /** The number of a code that has the shape of one that is made here. */
  numberOf(code: string): Promise<number | undefined>;
  /** All numbers below have been leased; there may be more by now. */
  leasedBelow(): Promise<number>;
}

export interface CodesDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export function createCodes({ sql, clock, randomness, log }: CodesDeps): Codes {
  const blocks: { next: number; readonly end: number }[] = [];
  let permutation: Permutation | undefined;
  let leasing: Promise<void> | undefined;
  let retryAtMs = 0;

  async function permutationOf(): Promise<Permutation> {
    permutation ??= createPermutation(await secretOf(sql, randomness));
    return permutation;
  }

  function left(): number {
    return blocks.reduce((sum, { next, end }) => sum + end - next, 0);
  }

  /** One lease at a time. */
  function lease(): Promise<void> {
    leasing ??= leaseOne().finally(() => {
      leasing = undefined;
    });
    return leasing;
  }

  async function leaseOne(): Promise<void> {
    const [block] = await sql.query(leaseBlock, [BLOCK_CODES]);
    assert(block !== undefined, 'the counter of the codes has its row');
    const { first } = block;
    if (first + BLOCK_CODES > CODES) throw new AppError('unavailable', 'There are no codes left.');
    blocks.push({ next: first, end: first + BLOCK_CODES });
  }

  function leaseAhead(): void {
    if (leasing !== undefined || left() >= LEASE_BELOW || clock.monotonicMs() < retryAtMs) return;
    lease().catch((error: unknown) => {
      retryAtMs = clock.monotonicMs() + RETRY_MS;
      log.warn({ err: error }, 'no further link codes could be leased: this is tried again');
    });
  }

  function take(): number | undefined {
    while (blocks[0] !== undefined && blocks[0].next === blocks[0].end) blocks.shift();
    const [block] = blocks;
    if (block === undefined) return undefined;
    block.next += 1;
    return block.next - 1;
  }

  return {
    async next() {
      const { permute } = permutation ?? (await permutationOf());
      let number = take();
      while (number === undefined) {
        await lease();
        number = take();
      }
      leaseAhead();
      return codeText(permute(number));
    },

    async prepare() {
      await permutationOf();
      if (left() === 0) await lease();
    },

    async numberOf(code) {
      const permuted = codeNumber(code);
      return permuted === undefined ? undefined : (await permutationOf()).invert(permuted);
    },

    async leasedBelow() {
      const [row] = await sql.query(getLeasedBelow, []);
      assert(row !== undefined, 'the counter of the codes has its row');
      return row.leased_below;
    },
  };
}

async function secretOf(sql: SqlStore, randomness: Randomness): Promise<Buffer> {
  const [known] = await sql.query(getSecret, []);
  if (known !== undefined) return known.secret;
  await sql.query(proposeSecret, [randomness.bytes(SECRET_BYTES)]);
  const [kept] = await sql.query(getSecret, []);
  assert(kept !== undefined, 'the secret of the codes is kept');
  return kept.secret;
}
