/** What a server leaves out when an operator, or an engine that is away, asks for it, and how it says so. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createApiClient } from '../../src/client/api-client.ts';
import { createHttpClient } from '../../src/client/http-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { runCommand } from '../support/command.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'correct horse battery staple';

describe('the level of service', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let token: string;
  before(async () => {
    home = await createServerHome();
    server = await home.start();
    const http = createHttpClient({ url: server.url, connectionsMax: 1, timeoutMs: 30_000 });
    ({ token } = await createApiClient(http, systemClock).signUp('alice'));
    http.close();
  });
  after(() => home.close());

  const call = (method: string, path: string, body?: object) =>
    fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const statusOf = async (method: string, path: string, body?: object) =>
    (await call(method, path, body)).status;

  async function force(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand([
      ...['admin', 'service-level', ...args],
      ...['--data', home.dataFolder],
    ]);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function ready() {
    const answer = await fetch(`${server.url}/health/ready`);
    // Its schema is in the document.
    const report = (await answer.json()) as {
      service_level: { level: string; causes: Record<string, string>; forced_for_s: number };
    };
    return { status: answer.status, ...report.service_level };
  }

  const untilLevel = (level: string) => until(async () => (await ready()).level === level);
  /** Of each priority one call. */
  const outcomes = async () => ({
    optional: await statusOf('GET', '/search?q=hello'),
    read: await statusOf('GET', '/feed'),
    write: await statusOf('PATCH', '/users/me', { bio: 'hi' }),
    critical: await statusOf('POST', '/posts', { text: 'hello' }),
  });

  it('is full at first, and says that nobody asks for another', async () => {
    assert.deepEqual(await ready(), {
      ...{ status: 200, level: 'full', forced_for_s: 0 },
      causes: { load: 'full', engines: 'full', forced: 'full' },
    });
    assert.equal(await force(), 'No level is asked for: each process serves what it can.\n');
    assert.deepEqual(await outcomes(), { optional: 200, read: 200, write: 200, critical: 201 });
  });

  it('leaves out more with each that an operator forces, from another process, and nothing that is critical', async () => {
    const served = { optional: 200, read: 200, write: 200, critical: 201 };
    let expected = served;
    for (const [level, priority] of [
      ['partial', 'optional'],
      ['core', 'read'],
      ['emergency', 'write'],
    ] as const) {
      assert.match(await force(level, '--for', '10m'), new RegExp(`at most ${level} for (600|599) s`));
      await untilLevel(level);
      expected = { ...expected, [priority]: 503 };
      assert.deepEqual(await outcomes(), expected);
    }
    const { status, causes, forced_for_s } = await ready();
    assert.equal(status, 200, 'a balancer goes on sending');
    assert.equal(causes['forced'], 'emergency');
    assert.ok(forced_for_s > 0 && forced_for_s <= 600);
    const session = { username: 'alice', password: PASSWORD };
    assert.notEqual(await statusOf('POST', '/sessions', session), 503);
  });

  it('says when to come back, in a problem document, and counts it', async () => {
    const answer = await call('GET', '/feed');
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    const retryAfterS = Number(answer.headers.get('retry-after'));
    assert.ok(retryAfterS >= 5 && retryAfterS <= 20);
    // As every problem.
    const problem = (await answer.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'unavailable');
    assert.match(problem.detail, new RegExp(`Try again in ${retryAfterS} s`));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^service_level\{cause="forced"\} 3$/m);
    assert.match(metrics, /^http_refusals_total\{reason="level_emergency"\} [1-9]/m);
  });

  it('is full again when that is asked for, with both in the audit log', async () => {
    assert.equal(await force('full'), 'No level is asked for: each process serves what it can.\n');
    await untilLevel('full');
    assert.deepEqual(await outcomes(), { optional: 200, read: 200, write: 200, critical: 201 });
    const { stdout } = await runCommand(['admin', 'audit', '--data', home.dataFolder]);
    assert.match(stdout, /command line +service_level_forced +- +full$/m);
    assert.match(stdout, /command line +service_level_forced +- +emergency for 600 s$/m);
  });

  it('is named for a time that makes sense', async () => {
    for (const wrong of [
      ['core', '--for', 'soon'],
      ['core', '--for', '0s'],
      ['core', '--for', '25h'],
      ['none'],
    ]) {
      const { code } = await runCommand(['admin', 'service-level', ...wrong, '--data', home.dataFolder]);
      assert.ok(code === 1 || code === 2, wrong.join(' '));
    }
  });
});
