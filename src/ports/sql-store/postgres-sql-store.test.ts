import assert from 'node:assert/strict';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { after, before, it } from 'node:test';
import { describeOnPostgres, type EngineDatabase } from '../../../test/support/postgres-engines.ts';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { createPostgresSqlStore } from './postgres-sql-store.ts';
import { sqlStoreContract } from './sql-store.contract.ts';
import { readStatement } from './sql-store.ts';

const log = createLog({ level: 'silent', pretty: false });
const clock = systemClock;

describeOnPostgres('createPostgresSqlStore', (engine) => {
  let database: EngineDatabase;
  before(async () => {
    database = await engine.createDatabase({ migrated: false });
  });
  after(() => database.drop());

  sqlStoreContract(engine.name, {
    open: async (limits) =>
      createPostgresSqlStore({ connection: database.connection, clock, log, ...limits }),
  });

  it('does not wait for ever for a server that has frozen', async () => {
    const proxy = await openProxy(new URL(database.url));
    const through = Object.assign(new URL(database.url), {
      hostname: '127.0.0.1',
      port: String(proxy.port),
      search: '', // Where a unix socket's folder may stand, which would win.
    }).href;
    const store = createPostgresSqlStore({
      connection: { url: through },
      poolSize: 1,
      tryTimeoutMs: 300,
      acquireTimeoutMs: 5_000,
      clock,
      log,
    });
    await store.ping();
    proxy.freeze();
    await assert.rejects(store.ping(), (error) => hasCode(error, 'timeout') && error.outcome === 'unknown');
    const frozenTransaction = store.transaction((transaction) => transaction.query(one, []));
    proxy.thaw();
    assert.deepEqual(await frozenTransaction, [{ one: 1 }]);
    await store.close();
    await proxy.close();
  });

  it('names the setting where the server is there and does not let it in', async () => {
    const wrong = Object.assign(new URL(database.url), { pathname: '/there_is_no_such_database' }).href;
    const store = createPostgresSqlStore({ connection: { url: wrong }, clock, log });
    await assert.rejects(store.ping(), (error) => {
      assert.ok(hasCode(error, 'unavailable') && error.outcome === 'not_applied');
      assert.match(error.message, /does not let this server in.*GROUNDSWELL_DATABASE_URL/);
      return true;
    });
    await store.close();
  });

  it('counts its statements and connections', async () => {
    const store = createPostgresSqlStore({ connection: database.connection, poolSize: 2, clock, log });
    await store.ping();
    await store.transaction((transaction) => transaction.query(one, []));
    assert.deepEqual(store.stats(), {
      connections: 1,
      idleConnections: 1,
      waitingCalls: 0,
      statements: 2,
    });
    await store.close();
  });
});

it('fails with unavailable when no server is there', async () => {
  const nobody = { url: 'postgres://alice:secret@127.0.0.1:1/nothing' };
  const store = createPostgresSqlStore({ connection: nobody, clock, log });
  const absent = (error: unknown) => hasCode(error, 'unavailable') && error.outcome === 'not_applied';
  await assert.rejects(store.ping(), absent);
  await assert.rejects(
    store.transaction(async () => undefined),
    absent,
  );
  await assert.rejects(
    store.listen(
      'news',
      () => undefined,
      () => undefined,
    ),
    absent,
  );
  await store.close();
});

const one = readStatement<[], { one: number }>('one', 'SELECT 1 AS one');

/** A TCP proxy before the server that can stop passing bytes on without closing anything. */
async function openProxy(server: URL) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const proxy = createServer((near) => {
    const host = server.searchParams.get('host') ?? server.hostname;
    const far = host.startsWith('/')
      ? connectSocket(`${host}/.s.PGSQL.${server.port || 5432}`)
      : connectSocket(Number(server.port || 5432), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (bytes) => void (frozen || to.write(bytes)));
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
