import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, systemClock, systemRandomness } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { wrapPort } from '../../resilience/wrap-port.ts';
import { createLog } from '../../telemetry/log.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { tracingOff } from '../../telemetry/trace.ts';
import { createPostgresSqlStore } from '../sql-store/postgres-sql-store.ts';
import type { SqlStore } from '../sql-store/sql-store.ts';
import { paymentProviderContract } from './payment-provider.contract.ts';
import type { PaymentOrder, PaymentProvider } from './payment-provider.ts';
import { PAYMENT_PROVIDER_BULKHEAD, PAYMENT_PROVIDER_POLICIES } from './payment-provider-policies.ts';
import { CONDUCT_NAMES, conductOf, LATE_MS } from './sandbox-conduct.ts';
import { createSandboxPaymentProvider } from './sandbox-payment-provider.ts';

const log = createLog({ level: 'silent', pretty: false });
const TOKENS = { good: 'sandbox_ok', declined: 'sandbox_declined', unknown: 'tok_visa' };

function wrapped(provider: PaymentProvider): PaymentProvider {
  return wrapPort<PaymentProvider>(provider, {
    name: 'payment-provider',
    methods: PAYMENT_PROVIDER_POLICIES,
    bulkhead: PAYMENT_PROVIDER_BULKHEAD,
    deps: {
      ...{ clock: systemClock, randomness: systemRandomness, log },
      ...{ metrics: createMetrics({ version: 'test' }), tracing: tracingOff },
    },
  });
}

async function openSandbox(clock: Clock = systemClock) {
  const database: TestDatabase = await createTestDatabase();
  const sql: SqlStore = createPostgresSqlStore({
    connection: database.connection,
    poolSize: 8,
    clock: systemClock,
    log,
  });
  const provider = createSandboxPaymentProvider({ sql, clock });
  return {
    provider,
    tokens: TOKENS,
    another: () => createSandboxPaymentProvider({ sql, clock }),
    async close() {
      await provider.close();
      await sql.close();
      await database.close();
    },
  };
}

paymentProviderContract('the sandbox', openSandbox);
paymentProviderContract('the wrapped sandbox', async () => {
  const { provider, ...rest } = await openSandbox();
  return { provider: wrapped(provider), ...rest };
});

describe('the sandbox', () => {
  const time = { aheadMs: 0 };
  let sandbox: Awaited<ReturnType<typeof openSandbox>>;
  before(async () => {
    sandbox = await openSandbox({ ...systemClock, nowMs: () => systemClock.nowMs() + time.aheadMs });
  });
  after(() => sandbox.close());

  const order = (conduct: string): PaymentOrder => ({
    ...{ idempotencyKey: `key-${conduct}`, kind: 'charge', source: `sandbox_${conduct}` },
    ...{ amount: 500, currency: 'USD', reference: 'ride 1' },
  });
  const isKnown = async (conduct: string) => (await sandbox.provider.find([`key-${conduct}`])).size === 1;

  it('loses an answer, but not what it has done', async () => {
    await assert.rejects(
      () => sandbox.provider.submit(order('timeout')),
      (error) => hasCode(error, 'timeout') && error.outcome === 'unknown',
    );
    assert.ok(await isKnown('timeout'));
    // As another process would find it.
    assert.equal((await sandbox.another().submit(order('timeout'))).state, 'succeeded');
  });

  it('loses a call, which then was never made', async () => {
    await assert.rejects(
      () => sandbox.provider.submit(order('lost')),
      (error) => hasCode(error, 'timeout'),
    );
    assert.ok(!(await isKnown('lost')));
    assert.equal((await sandbox.provider.submit(order('lost'))).state, 'succeeded');
  });

  it('is away for a while', async () => {
    for (let tries = 0; tries < 2; tries += 1) {
      await assert.rejects(
        () => sandbox.provider.submit(order('unavailable')),
        (error) => hasCode(error, 'unavailable') && error.outcome === 'not_applied',
      );
    }
    assert.equal((await sandbox.provider.submit(order('unavailable'))).state, 'succeeded');
  });

  it('says late how it stands, once it knows', async () => {
    for (const [conduct, state] of [
      ['late', 'succeeded'],
      ['late_declined', 'declined'],
      ['late_unheard', 'succeeded'],
    ] as const) {
      assert.equal((await sandbox.provider.submit(order(conduct))).state, 'pending');
      time.aheadMs = LATE_MS;
      assert.equal((await sandbox.provider.submit(order(conduct))).state, state);
      assert.equal(
        (await sandbox.provider.find([`key-${conduct}`])).get(`key-${conduct}`)?.outcome.state,
        state,
      );
      time.aheadMs = 0;
    }
  });

  it('hints that an order is settled, twice, or late', async () => {
    const heard: string[] = [];
    const stop = sandbox.provider.onSettled((key) => heard.push(key));
    await sandbox.provider.submit(order('twice'));
    await sandbox.provider.submit(order('twice'));
    await until(() => heard.length === 2);
    assert.deepEqual(heard, ['key-twice', 'key-twice']);
    stop();
  });

  it('is hostile in the same way each time, and in all of its ways', () => {
    const seen = new Set<string>();
    for (let number = 0; number < 500; number += 1) {
      const conduct = conductOf('sandbox_hostile_7', `charge-${number}-1`);
      assert.deepEqual(conduct, conductOf('sandbox_hostile_7', `charge-${number}-1`));
      seen.add(JSON.stringify(conduct));
    }
    assert.equal(seen.size, CONDUCT_NAMES.length - 1);
    assert.equal(conductOf('sandbox_kind', 'key'), undefined);
    assert.equal(conductOf('sandbox_late_declined_2', 'key')?.decline, 'card_declined');
  });

  it('is tried again by the wrappers, under the same key', async () => {
    const { provider, close } = await openSandbox();
    const tried = wrapped(provider);
    for (const conduct of ['timeout', 'lost']) {
      assert.equal((await tried.submit(order(conduct))).state, 'succeeded');
    }
    assert.equal((await tried.pageRecords(0, 10)).length, 2);
    await close();
  });
});
