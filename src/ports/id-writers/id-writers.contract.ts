import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { systemRandomness } from '../../core/clock.ts';
import { FIRST_BULK_WRITER } from '../../core/ids.ts';
import type { IdWriters, LeaseTerms } from './id-writers.ts';

/** Longer than the slowest test takes on the slowest disk. */
const LEASE_MS = 600_000;
/** A divisor of FIRST_BULK_WRITER. */
const AT_ONCE = 31;
/** Far enough in the past that no test depends on the clock. */
const CEILING_MS = Date.UTC(2024, 0, 1);

export function idWritersContract(
  name: string,
  deps: {
    /** Id writers of which none is held and none has made ids. */
    open(): Promise<IdWriters>;
    close(): Promise<void>;
  },
): void {
  describe(`${name} is an id-writers store`, () => {
    let idWriters: IdWriters;
    beforeEach(async () => {
      idWriters = await deps.open();
    });
    after(() => deps.close());

    const terms = (changes: Partial<LeaseTerms> = {}): LeaseTerms => ({
      holder: systemRandomness.uuid(),
      leaseMs: LEASE_MS,
      ceilingMs: CEILING_MS,
      ...changes,
    });

    /** With the terms it was leased under. */
    async function lease(changes: Partial<LeaseTerms> = {}) {
      const asked = terms(changes);
      const leased = await idWriters.lease(asked);
      assert(leased !== undefined, 'a writer is free');
      return { ...leased, terms: asked };
    }

    it('leases every writer to one holder at most, and then none', async () => {
      const leases: Awaited<ReturnType<IdWriters['lease']>>[] = [];
      // At once, but no more than a pool lets wait.
      for (let asked = 0; asked < FIRST_BULK_WRITER; asked += AT_ONCE) {
        leases.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => idWriters.lease(terms())))));
      }
      // A call may find a writer locked by another and go away empty; whoever asks again gets it.
      let last = await idWriters.lease(terms());
      for (; last !== undefined; last = await idWriters.lease(terms())) leases.push(last);
      const writers = leases.flatMap((leased) => leased?.writer ?? []);
      assert.deepEqual(
        writers.toSorted((a, b) => a - b),
        Array.from({ length: FIRST_BULK_WRITER }, (_, writer) => writer),
      );
    });

    it('hands a writer whose lease has run out to the next, above the ceiling of the last', async () => {
      const expired = await lease({ leaseMs: 0 });
      assert.equal(expired.highWaterMs, 0);
      const writers = new Map<number, number>();
      for (let count = 0; count < FIRST_BULK_WRITER; count += 1) {
        const { writer, highWaterMs } = await lease();
        writers.set(writer, highWaterMs);
      }
      assert.equal(writers.size, FIRST_BULK_WRITER);
      assert.equal(writers.get(expired.writer), CEILING_MS);
    });

    it('renews for the holder, even late, and raises the ceiling', async () => {
      const alice = await lease({ leaseMs: 0 });
      assert.equal(await idWriters.renew(alice.writer, { ...alice.terms, ceilingMs: CEILING_MS + 5 }), true);
      const raised = { ...alice.terms, ceilingMs: CEILING_MS + 7, leaseMs: 0 };
      assert.equal(await idWriters.renew(alice.writer, raised), true);
      assert.equal(await highWaterOf(alice.writer), CEILING_MS + 7);
    });

    it('never lowers the ceiling by a renewal', async () => {
      const alice = await lease();
      const lower = { ...alice.terms, ceilingMs: CEILING_MS - 1, leaseMs: 0 };
      assert.equal(await idWriters.renew(alice.writer, lower), true);
      assert.equal(await highWaterOf(alice.writer), CEILING_MS);
    });

    it('refuses to renew what has become someone else’s, and changes nothing', async () => {
      const alice = await lease({ leaseMs: 0 });
      assert.equal(await highWaterOf(alice.writer), CEILING_MS);
      const late = { ...alice.terms, ceilingMs: CEILING_MS + 9_000, leaseMs: 0 };
      assert.equal(await idWriters.renew(alice.writer, late), false);
    });

    it('leases a released writer again, above the ids that were made', async () => {
      const alice = await lease();
      const made = { holder: alice.terms.holder, ceilingMs: CEILING_MS - 30_000 };
      await idWriters.release(alice.writer, made);
      await idWriters.release(alice.writer, made);
      assert.equal(await highWaterOf(alice.writer), CEILING_MS - 30_000);
    });

    it('does not let a former holder release the lease of the present one', async () => {
      const alice = await lease({ leaseMs: 0 });
      await leaseUntil(alice.writer);
      await idWriters.release(alice.writer, { holder: alice.terms.holder, ceilingMs: 0 });
      await assertAllHeldBut(0);
    });

    it('prefers the writer whose ids lie furthest in the past', async () => {
      const alice = await lease();
      await idWriters.release(alice.writer, { holder: alice.terms.holder, ceilingMs: CEILING_MS });
      const bob = await lease();
      assert.notEqual(bob.writer, alice.writer);
    });

    /** Leases until it gets `writer`; what it gets before stays leased. */
    async function leaseUntil(writer: number): Promise<number> {
      for (let count = 0; count < FIRST_BULK_WRITER; count += 1) {
        const leased = await lease();
        if (leased.writer === writer) return leased.highWaterMs;
      }
      return assert.fail(`writer ${writer} is not free`);
    }

    async function highWaterOf(writer: number): Promise<number> {
      return leaseUntil(writer);
    }

    async function assertAllHeldBut(free: number): Promise<void> {
      for (let count = 0; count < free; count += 1) await lease();
      assert.equal(await idWriters.lease(terms()), undefined);
    }
  });
}
