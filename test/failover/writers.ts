/**
 * People who write without rest and read what they have written, each at another process with every call. What was
 * acknowledged is remembered; what failed is counted, and asked for again with the same key.
 */
import assert from 'node:assert/strict';
import { systemClock } from '../../src/core/clock.ts';
import type { Person } from '../support/journey-client.ts';

export interface Writers {
  /** Ids of posts, by the person who wrote them. */
  readonly acknowledged: ReadonlyMap<Person, readonly string[]>;
  /** By status, or `broken` where no answer came: how often a write failed. */
  readonly failedWrites: Readonly<Record<string, number>>;
  readonly failedReads: Readonly<Record<string, number>>;
  reads(): number;
  /** The longest time without an acknowledged write, since this was last called. */
  longestPauseMs(): number;
  /** Resolves when so many more writes are acknowledged. */
  acknowledge(count: number): Promise<void>;
  /** Fails if somebody has missed what they had written. */
  stop(): Promise<void>;
}

const PAUSE_MS = 50;
const HEADER = 'consistency-token';
export const TAG = 'failover';

export function startWriters(people: readonly Person[]): Writers {
  const acknowledged = new Map(people.map((person) => [person, [] as string[]]));
  const failedWrites: Record<string, number> = {};
  const failedReads: Record<string, number> = {};
  const missed: string[] = [];
  let [reads, writes, longestMs] = [0, 0, 0];
  let lastMs = systemClock.monotonicMs();
  let stopping = false;

  function count(failures: Record<string, number>, outcome: string): void {
    failures[outcome] = (failures[outcome] ?? 0) + 1;
  }

  async function writeOn(person: Person): Promise<void> {
    const own = acknowledged.get(person) ?? [];
    let token = '';
    const call = async (method: string, path: string, body?: object, key?: string) => {
      const headers = {
        ...(token === '' ? {} : { [HEADER]: token }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      };
      const answer = await person
        .call(method, path, { headers, ...(body === undefined ? {} : { body }) })
        .catch(() => undefined);
      const given = answer?.headers.get(HEADER) ?? '';
      if (given > token) token = given;
      return answer;
    };
    while (!stopping) {
      const key = crypto.randomUUID();
      const text = `${person.username} writes ${own.length} #${TAG}_${person.username}`;
      for (;;) {
        const answer = await call('POST', '/posts', { text }, key);
        if (answer?.status === 201) {
          own.push(answer.body.post_id);
          writes += 1;
          longestMs = Math.max(longestMs, systemClock.monotonicMs() - lastMs);
          lastMs = systemClock.monotonicMs();
          break;
        }
        count(failedWrites, answer === undefined ? 'broken' : String(answer.status));
        if (answer?.status === 503) assert(answer.headers.has('retry-after'), 'a 503 says when to try again');
        if (stopping) break;
        await systemClock.sleep(PAUSE_MS);
      }
      const page = await call('GET', `/tags/${TAG}_${person.username}/posts?limit=20`);
      if (page?.status !== 200) {
        count(failedReads, page === undefined ? 'broken' : String(page.status));
        continue;
      }
      reads += 1;
      const shown = new Set(page.body.items.map((post: { readonly post_id: string }) => post.post_id));
      missed.push(...own.slice(-20).filter((id) => !shown.has(id)));
    }
  }

  const running = people.map(writeOn);
  return {
    ...{ acknowledged, failedWrites, failedReads },
    reads: () => reads,
    longestPauseMs() {
      const longest = Math.max(longestMs, systemClock.monotonicMs() - lastMs);
      longestMs = 0;
      return longest;
    },
    async acknowledge(more) {
      const wanted = writes + more;
      while (writes < wanted) await systemClock.sleep(PAUSE_MS);
    },
    async stop() {
      stopping = true;
      await Promise.all(running);
      assert.deepEqual(missed, [], 'posts that their author had written and did not find');
    },
  };
}
