import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AccountsSetting,
  createAccountsSetting,
  type SignedUp,
} from '../../../../test/support/accounts-setting.ts';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import { until } from '../../../../test/support/until.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import { readStatement, type SqlStore, writeStatement } from '../../../ports/sql-store/sql-store.ts';
import { CACHED_MS_MAX, createAuthenticator } from './authenticator.ts';
import { HEARD_WITHIN_MS } from './session-revocations.ts';
import { SESSION_MS } from './sessions.ts';

/** Ends a session behind the back of every process, as one does that cannot tell the others. */
const endSilently = writeStatement<[userId: Id]>(
  'test_end_silently',
  'DELETE FROM sessions WHERE user_id = $1',
);
const endListeners = writeStatement<[]>(
  'test_end_listeners',
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
);
const lastUse = readStatement<[userId: Id], { last_used_at: Date }>(
  'test_last_use',
  'SELECT last_used_at FROM sessions WHERE user_id = $1',
);

describe('whose token it is', () => {
  let setting: AccountsSetting;
  before(async () => {
    setting = await createAccountsSetting();
  });
  after(() => setting.close());

  /** A process of its own, whose time the test moves. */
  async function openInstance({
    listens = true,
    onQuery = () => {},
    isPrimaryAway = (): boolean => false,
    isSilent = (): boolean => false,
  } = {}) {
    const clock = createManualClock();
    // Sessions are dated by the real clock.
    clock.skip(Date.now() - clock.nowMs());
    const store = setting.openStore();
    const sql: SqlStore = {
      ...store,
      query: (statement, params) => {
        if (statement.name === 'sessions_get_principal') onQuery();
        if (isSilent()) return new Promise(() => undefined);
        return store.query(statement, params);
      },
    };
    const authenticator = createAuthenticator({ ...setting, clock, sql, isPrimaryAway });
    if (listens) await authenticator.open();
    const { authenticate } = authenticator;
    return {
      ...authenticator,
      clock,
      store,
      isCached: (token: string) => !(authenticate(token) instanceof Promise),
      close: async () => {
        await authenticator.close();
        await store.close();
      },
    };
  }

  it('is known from memory after the first time, and asked for once by many at a time', async (test) => {
    const { token, userId } = await setting.signUp();
    let queries = 0;
    const instance = await openInstance({
      onQuery: () => {
        queries += 1;
      },
    });
    test.after(() => instance.close());
    const answers = await Promise.all([1, 2, 3].map(() => instance.authenticate(token)));
    for (const principal of answers) assert.equal(principal?.userId, Number(userId));
    assert.equal(queries, 1);
    assert.equal(instance.isCached(token), true);
    assert.deepEqual(instance.authenticate(token), answers[0]);
  });

  it('is nobody’s for garbage, without a query, and for unknown tokens with one', async (test) => {
    let queries = 0;
    const instance = await openInstance({
      onQuery: () => {
        queries += 1;
      },
    });
    test.after(() => instance.close());
    for (const garbage of [
      '',
      'gs_',
      `gs_${'x'.repeat(42)}`,
      `xx_${'x'.repeat(43)}`,
      `gs_${'é'.repeat(43)}`,
    ]) {
      assert.equal(instance.authenticate(garbage), undefined);
    }
    assert.equal(queries, 0);
    const unknown = `gs_${'x'.repeat(43)}`;
    assert.equal(await instance.authenticate(unknown), undefined);
    assert.equal(instance.authenticate(unknown), undefined);
    assert.equal(queries, 1);
  });

  it('is forgotten by all processes when one revokes it', async (test) => {
    const { token } = await setting.signUp();
    const instance = await openInstance();
    test.after(() => instance.close());
    await instance.authenticate(token);
    assert.equal(instance.isCached(token), true);
    await setting.call('DELETE', '/sessions/current', { token });
    // Its clock stands still, so only the message can have ended it.
    await until(async () => (await instance.authenticate(token)) === undefined);
    assert.equal(await setting.accounts.authenticator.authenticate(token), undefined);
  });

  it('is remembered for a second where the others are not heard', async (test) => {
    const { token, userId } = await setting.signUp();
    const instance = await openInstance({ listens: false });
    test.after(() => instance.close());
    await instance.authenticate(token);
    await setting.sql.query(endSilently, [Number(userId)]);
    instance.clock.skip(HEARD_WITHIN_MS - 1);
    assert.equal(instance.isCached(token), true);
    instance.clock.skip(1);
    assert.equal(await instance.authenticate(token), undefined);
  });

  it('is remembered for 30 s at most where they are heard', async (test) => {
    const { token, userId } = await setting.signUp();
    const instance = await openInstance();
    test.after(() => instance.close());
    const beatHeard = await hearBeats(instance);
    await instance.authenticate(token);
    await beatHeard();
    await setting.sql.query(endSilently, [Number(userId)]);
    for (let ageMs = 500; ageMs < CACHED_MS_MAX; ageMs += 500) {
      instance.clock.skip(500);
      assert.equal(instance.isCached(token), true, `after ${ageMs} ms`);
      await beatHeard();
    }
    instance.clock.skip(500);
    assert.equal(await instance.authenticate(token), undefined);
  });

  it('is asked for again after the connection that listens broke', async (test) => {
    const alice = await setting.signUp();
    const instance = await openInstance();
    test.after(() => instance.close());
    await instance.authenticate(alice.token);
    await setting.sql.query(endSilently, [Number(alice.userId)]);
    await setting.sql.query(endListeners, []);
    // The clock stands still: only the reconnection can have cleared it.
    await until(async () => (await instance.authenticate(alice.token)) === undefined);
  });

  it('is not remembered from before a revocation that came while it was asked for', async (test) => {
    const { token, userId } = await setting.signUp();
    const instance = await openInstance({ listens: false });
    test.after(() => instance.close());
    const asked = instance.authenticate(token);
    instance.revoked(Number(userId));
    assert.notEqual(await asked, undefined);
    assert.equal(instance.isCached(token), false);
    assert.notEqual(await instance.authenticate(token), undefined);
    assert.equal(instance.isCached(token), true);
  });

  it('is nobody’s from the moment on at which the session expires', async (test) => {
    const { token } = await setting.signUp();
    const instance = await openInstance({ listens: false });
    test.after(() => instance.close());
    instance.clock.skip(SESSION_MS - 500);
    assert.notEqual(await instance.authenticate(token), undefined);
    instance.clock.skip(500);
    assert.equal(await instance.authenticate(token), undefined);
  });

  it('is remembered, up to its 30 s, while the database cannot be asked, and then unavailable', async () => {
    const { token, userId } = await setting.signUp();
    const instance = await openInstance();
    const principal = await instance.authenticate(token);
    await instance.close();
    instance.clock.skip(CACHED_MS_MAX - 1);
    assert.deepEqual(await instance.authenticate(token), principal);
    instance.clock.skip(1);
    await assert.rejects(async () => instance.authenticate(token), { code: 'unavailable' });
    const other = await openInstance();
    await other.authenticate(token);
    await other.close();
    other.clock.skip(HEARD_WITHIN_MS);
    other.revoked(Number(userId));
    await assert.rejects(async () => other.authenticate(token), { code: 'unavailable' });
  });

  it('is remembered without a wait for a primary of the database that is away', async (test) => {
    const { token } = await setting.signUp();
    let away = false;
    let silent = false;
    const instance = await openInstance({
      listens: false,
      isPrimaryAway: () => away,
      isSilent: () => silent,
    });
    test.after(() => instance.close());
    const principal = await instance.authenticate(token);
    instance.clock.skip(HEARD_WITHIN_MS);
    silent = true;
    const waiting = instance.authenticate(token);
    assert(waiting instanceof Promise);
    away = true;
    await instance.clock.advance(HEARD_WITHIN_MS);
    assert.deepEqual(await waiting, principal);
    assert.deepEqual(await instance.authenticate(token), principal);
  });

  it('notes the use of a session every five minutes, in batches', async (test) => {
    const people: SignedUp[] = [await setting.signUp(), await setting.signUp()];
    const usedAt = async () => {
      const rows = await Promise.all(
        people.map(({ userId }) => setting.sql.query(lastUse, [Number(userId)])),
      );
      return rows.map(([row]) => row?.last_used_at.getTime() ?? 0);
    };
    const before = await usedAt();
    const instance = await openInstance({ listens: false });
    test.after(() => instance.close());
    for (const { token } of people) await instance.authenticate(token);
    assert.equal(instance.clock.sleepers(), 0);
    instance.clock.skip(5 * 60_000);
    for (const { token } of people) await instance.authenticate(token);
    await instance.clock.advance(2_000);
    await until(async () => (await usedAt()).every((time, index) => time > (before[index] ?? 0)));
    const first = await usedAt();
    assert.equal(instance.clock.sleepers(), 0);
    for (const { token } of people) await instance.authenticate(token);
    assert.equal(instance.clock.sleepers(), 0);
    assert.deepEqual(await usedAt(), first);
  });

  it('writes the uses that have gathered when it closes', async () => {
    const { token, userId } = await setting.signUp();
    const before = await setting.sql.query(lastUse, [Number(userId)]);
    const instance = await openInstance({ listens: false });
    instance.clock.skip(6 * 60_000);
    await instance.authenticate(token);
    await instance.close();
    const after = await setting.sql.query(lastUse, [Number(userId)]);
    assert.ok((after[0]?.last_used_at ?? 0) > (before[0]?.last_used_at ?? 0));
  });

  /** Answers a function that resolves once the instance has heard what it sent itself at this time of its clock. */
  async function hearBeats({ store, clock }: { readonly store: SqlStore; readonly clock: Clock }) {
    const beats = new Set<string>();
    // The instance listens on the same connection, and did so before: what arrives here has arrived there.
    await store.listen(
      'session_revoked',
      (message) => beats.add(message.split(' ').at(-1) ?? ''),
      () => undefined,
    );
    return () => until(() => beats.has(String(clock.monotonicMs())));
  }
});
