/** Servers that do their worst cost nothing but their own queues: others are told as soon as ever. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startNameServer, type TestNameServer } from '../../../test/support/name-server.ts';
import { startTargetServer, type TargetServer } from '../../../test/support/target-server.ts';
import { EXPIRED_CERTIFICATE } from '../../../test/support/test-certificates.ts';
import { until } from '../../../test/support/until.ts';
import { createWebhooksSetting, type WebhooksSetting } from '../../../test/support/webhooks-setting.ts';
import { systemClock } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import { isPublicAddress } from '../../core/public-address.ts';
import { createDnsResolver } from '../../ports/outbound-http/resolve-target.ts';
import { ATTEMPT_TIMEOUT_MS, RESPONSE_BYTES_MAX } from './attempt.ts';
import { PLACES } from './deliverer.ts';

/** What this test takes for the public internet; the rest of the machine is private. */
const PUBLIC = '127.0.0.2';
const PRIVATE = '127.0.0.3';

/** More than there are places, so that they would take all. */
const SILENT_WEBHOOKS = PLACES + 16;
const EVENTS = 60;
const EVENT_EVERY_MS = 150;
/** One that finds every place taken waits until SLOW_MS have shown that they are slow; the rest is for a busy machine. */
const LATENCY_MS_MAX = ATTEMPT_TIMEOUT_MS / 2;

describe('hostile targets', () => {
  let setting: WebhooksSetting;
  let names: TestNameServer;
  let outer: TargetServer;
  let expired: TargetServer;
  /** On the port of the outer one, so that only the address tells them apart. */
  let inner: TargetServer;
  before(async () => {
    names = await startNameServer();
    outer = await startTargetServer({ host: PUBLIC });
    expired = await startTargetServer({ host: PUBLIC, tls: EXPIRED_CERTIFICATE });
    inner = await startTargetServer({ host: PRIVATE, port: outer.port });
    setting = await createWebhooksSetting({
      privateAddresses: 'refuse',
      outbound: {
        privateAddresses: 'refuse',
        resolveName: createDnsResolver([names.address]),
        isPublic: (address) => address === PUBLIC || isPublicAddress(address),
      },
    });
    await setting.startWorker();
  });
  after(async () => {
    await setting.close();
    for (const server of [inner, expired, outer]) await server.close();
    await names.close();
  });

  const at = (path: string, name = 'hooks.example') => `http://${name}:${outer.port}${path}`;
  const to = (url: string) => at(`/redirect?code=307&to=${encodeURIComponent(url)}`);

  /** What each of them must leave in the log of deliveries. */
  const HOSTILE = (): readonly (readonly [url: string, log: RegExp])[] => [
    [to('http://169.254.169.254/latest/meta-data/'), /redirect \(307\), which is not followed/],
    [to('http://localhost/'), /redirect/],
    [to(at('/ok', 'inner.example')), /redirect/],
    [at('/loop'), /redirect/],
    [at('/silence'), /no answer within 10 s/],
    [at('/slow-headers'), /no answer within 10 s/],
    [at('/endless-continues'), /no answer within 10 s/],
    [at('/endless-headers'), /bytes of headers/],
    [at('/reset'), /broke off/],
    [at('/garbage'), /not HTTP/],
    [`https://hooks.example:${outer.port}/ok`, /TLS/],
    [`https://hooks.example:${expired.port}/ok`, /certificate/],
    [at('/ok', 'inner.example'), /not on the public internet/],
    [at('/ok', 'mixed.example'), /not on the public internet/],
    [at('/ok', 'unknown.example'), /cannot be resolved/],
    [at('/status?code=500'), /500/],
  ];
  /** These accept what they are sent, and only answer badly. */
  const DELIVERED = () => [at('/slow-body'), at('/endless-body'), at('/half'), at('/bomb')];

  const outcomeOf = async (userId: Id, id: string) => {
    const [delivery] = await setting.deliveries(userId, id);
    return delivery?.attempts > 0 ? delivery : undefined;
  };
  const untried = async () => {
    const [row] = await setting.read<{ left: number }>(
      'test_untried',
      'SELECT count(*) AS left FROM webhook_deliveries WHERE attempts = 0',
    );
    return row?.left;
  };
  const registerAll = async (urls: readonly string[]) => {
    const owners = Array.from({ length: Math.ceil(urls.length / 20) }, () => setting.addPerson());
    const hooks = [];
    for (const [n, url] of urls.entries()) {
      const userId = owners[Math.floor(n / 20)] ?? assert.fail();
      const webhook = await setting.register(userId, url);
      hooks.push({ url, userId, id: String(webhook.webhook_id) });
    }
    return { owners, hooks };
  };

  it('cost nothing but their own queues', async (test) => {
    names.set('hooks.example', [PUBLIC]);
    names.set('inner.example', [PRIVATE]);
    names.set('mixed.example', [PUBLIC, '10.0.0.1']);
    const silent = Array.from({ length: SILENT_WEBHOOKS }, (_, n) => at(`/silence?${n}`));
    const bad = await registerAll([...HOSTILE().map(([url]) => url), ...DELIVERED(), ...silent]);
    const alice = setting.addPerson();
    const good = await setting.register(alice, at('/ok?good'));

    await Promise.all(bad.owners.map((userId) => setting.post(userId)));
    for (let n = 0; n < EVENTS; n += 1) {
      await setting.post(alice);
      await systemClock.sleep(EVENT_EVERY_MS);
    }
    await until(
      async () => (await setting.deliveries(alice, good.webhook_id, 'delivered')).length === EVENTS,
    );
    const latencies = (await setting.deliveries(alice, good.webhook_id))
      .map(({ event_at, attempted_at, took_ms }) => Date.parse(attempted_at) + took_ms - Date.parse(event_at))
      .sort((one, other) => one - other);
    const [median, worst] = [latencies[EVENTS / 2] ?? 0, latencies.at(-1) ?? 0];
    test.diagnostic(`among ${bad.hooks.length} hostile webhooks: median ${median} ms, worst ${worst} ms`);
    assert.ok(worst < LATENCY_MS_MAX, `the worst latency was ${worst} ms`);

    await until(async () => (await untried()) === 0, ATTEMPT_TIMEOUT_MS * 3);
    const logOf = async (url: string) => {
      const hook = bad.hooks.find((one) => one.url === url) ?? assert.fail(url);
      return (await outcomeOf(hook.userId, hook.id)) ?? assert.fail(url);
    };
    for (const [url, log] of HOSTILE()) assert.match((await logOf(url)).error ?? 'none', log, url);
    for (const url of DELIVERED()) {
      const { status, response_body: body } = await logOf(url);
      assert.equal(status, 'delivered', url);
      // A byte that is no text is written as three.
      assert.ok(Buffer.byteLength(body) <= RESPONSE_BYTES_MAX * 6);
    }
    assert.equal(inner.connections(), 0, 'nothing private was reached');
    await until(() => outer.open() === 0);
  });

  it('that lead elsewhere the next time are found out each time', async () => {
    names.set('rebinding.example', [PUBLIC], [PRIVATE]);
    const alice = setting.addPerson();
    const { webhook_id: id } = await setting.register(alice, at('/ok', 'rebinding.example'));
    await setting.post(alice);
    await until(async () => (await setting.deliveries(alice, id, 'delivered')).length === 1);
    await setting.post(alice);
    await until(async () => (await setting.call('GET', `/webhooks/${id}`, alice)).body.failures === 1);
    const [delivery] = await setting.deliveries(alice, id);
    assert.match(delivery.error, /not on the public internet/);
    assert.equal(inner.connections(), 0);
  });
});
