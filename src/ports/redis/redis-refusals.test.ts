/** Redis servers with passwords and certificates: who may come in does, and whoever may not is told why. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atEnd } from '../../../test/support/at-end.ts';
import { freePorts } from '../../../test/support/free-ports.ts';
import { type RedisEngine, redisBackend, startRedis } from '../../../test/support/redis-engines.ts';
import { describeOnBackend } from '../../../test/support/required-backends.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { until } from '../../../test/support/until.ts';
import { readEnvironment } from '../../config/env.ts';
import { systemClock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { parseRedisUrl } from '../../core/redis-address.ts';
import { createLog } from '../../telemetry/log.ts';
import { keepSelfMadeCertificate } from '../../up/engines/self-made-certificate.ts';
import { openRedisConnection, type RedisConnection } from './redis-connection.ts';
import { redisRefusal } from './redis-refusals.ts';
import { redisScript } from './redis-script.ts';

const pingProgram = fileURLToPath(
  new URL(`../../../test/support/redis-ping-process${import.meta.url.slice(-3)}`, import.meta.url),
);
const CHILD_MS_MAX = 60_000;

describeOnBackend('who is let in', redisBackend('redis'), (program) => {
  async function start(test: TestContext, ...options: string[]): Promise<RedisEngine> {
    const engine = await startRedis(program, ...options);
    atEnd(test, engine.close);
    return engine;
  }

  async function connect(test: TestContext, url: string): Promise<RedisConnection> {
    const address = parseRedisUrl(url);
    assert.ok(address !== undefined, url);
    const log = createLog({ level: 'silent', pretty: false });
    const connection = await openRedisConnection({ address, log });
    atEnd(test, connection.close);
    return connection;
  }

  /** Once the server has said so: whoever was not answered yet is only told that it cannot be reached. */
  async function refusedWith(connection: RedisConnection, message: RegExp): Promise<void> {
    await until(() =>
      connection.ping().then(
        () => assert.fail('it lets us in'),
        (error: unknown) => error instanceof AppError && message.test(error.message),
      ),
    );
  }

  it('is whoever knows the password; others are told that theirs is wrong, or that they have none', async (test) => {
    const { url, primaries } = await start(test);
    await primaries[0]?.config('SET', 'requirepass', 'right');
    const withPassword = (password: string) => url.replace('//', `//:${password}@`);
    const right = await connect(test, withPassword('right'));
    await right.ping();
    const wrong = await connect(test, withPassword('wrong'));
    await refusedWith(wrong, /refuses the user or password: put the right ones into its URL/);
    await refusedWith(await connect(test, url), /wants a password, and its URL has none/);

    await primaries[0]?.config('SET', 'requirepass', 'wrong');
    await until(() =>
      wrong.ping().then(
        () => true,
        () => false,
      ),
    );
  });

  it('is told what a user may not do, though a ping is answered, until they may', async (test) => {
    const { url, primaries } = await start(test);
    const allow = (...rules: string[]) =>
      primaries[0]?.call('ACL', 'SETUSER', 'bob', 'on', '>secret', ...rules);
    await allow('+ping', '+info');
    const bob = await connect(test, url.replace('//', '//bob:secret@'));
    const script = redisScript('return 1');
    await bob.ping();
    await assert.rejects(bob.run(script, 'key', []), { code: 'unavailable' });
    await refusedWith(bob, /allow it all commands, keys and channels \(ACL SETUSER/);

    await allow('+@all', '~*');
    assert.equal(await bob.run(script, 'key', []), 1);
    await bob.ping();
    bob.listen('channel', () => undefined);
    await until(() =>
      bob.ping().then(
        () => false,
        (error: unknown) => error instanceof AppError && /channels/.test(error.message),
      ),
    );
  });

  it('is whoever trusts its certificate; others are told that they do not', async (test) => {
    const folder = await temporaryFolder(test);
    const environment = readEnvironment();
    const file = await keepSelfMadeCertificate({
      folder,
      host: '127.0.0.1',
      environment,
      clock: systemClock,
    });
    const [port = 0] = await freePorts(1);
    const tls = [
      ...['--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', file, '--tls-key-file', file, '--tls-ca-cert-file', file],
    ];
    const { primaries } = await start(test, ...tls);
    await primaries[0]?.config('SET', 'requirepass', 'right');
    const secure = `rediss://:right@127.0.0.1:${port}`;
    await refusedWith(
      await connect(test, secure),
      /certificate of Redis is not trusted: .*NODE_EXTRA_CA_CERTS/,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [pingProgram, secure], {
      env: { ...environment, NODE_EXTRA_CA_CERTS: file },
      timeout: CHILD_MS_MAX,
    });
    assert.equal(stdout.trim(), 'up');
  });
});

describe('why a Redis lets nobody in', () => {
  it('is found in what it says, also of the nodes of a cluster, and nowhere else', () => {
    const cluster = Object.assign(new Error('Failed to refresh slots cache.'), {
      lastNodeError: new Error('WRONGPASS invalid username-password pair or user is disabled.'),
    });
    assert.match(redisRefusal(cluster) ?? '', /refuses the user or password/);
    assert.match(redisRefusal(new Error("NOPERM User bob has no permissions to run 'evalsha'")) ?? '', /ACL/);
    assert.match(redisRefusal(new Error('ERR max number of clients reached')) ?? '', /maxclients/);
    assert.match(redisRefusal(new Error('MOVED 1234 127.0.0.1:6380')) ?? '', /redis-cluster:/);
    assert.match(redisRefusal(new Error('ERR This instance has cluster support disabled')) ?? '', /redis:/);
    // The end of a connection may be seen before what the server said of it.
    assert.match(redisRefusal(new Error('write EPIPE')) ?? '', /maxclients.*rediss:/);
    for (const other of [
      new Error('connect ECONNREFUSED 127.0.0.1:6379'),
      new Error('Connection is closed.'),
      undefined,
    ])
      assert.equal(redisRefusal(other), undefined);
  });
});
