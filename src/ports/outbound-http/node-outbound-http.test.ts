import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startNameServer, type TestNameServer } from '../../../test/support/name-server.ts';
import { startTargetServer, type TargetServer } from '../../../test/support/target-server.ts';
import {
  EXPIRED_CERTIFICATE,
  TEST_AUTHORITY,
  VALID_CERTIFICATE,
} from '../../../test/support/test-certificates.ts';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { isPublicAddress } from '../../core/public-address.ts';
import { createNodeOutboundHttp, type NodeOutboundHttpDeps } from './node-outbound-http.ts';
import { outboundHttpContract } from './outbound-http.contract.ts';
import { createDnsResolver } from './resolve-target.ts';

function open(change: Partial<NodeOutboundHttpDeps> = {}) {
  const userAgent = 'Groundswell/0.0.0';
  return createNodeOutboundHttp({ clock: systemClock, privateAddresses: 'refuse', userAgent, ...change });
}

outboundHttpContract('the Node outbound-http', {
  open: async () => ({
    allowing: open({ privateAddresses: 'allow' }),
    refusing: open(),
    close: async () => undefined,
  }),
});

/** What the tests take for the public internet; the rest of this machine is private. */
const PUBLIC = '127.0.0.2';
const PRIVATE = '127.0.0.3';

describe('the Node outbound-http, by names', () => {
  let names: TestNameServer;
  let outer: TargetServer;
  /** On the same port, so that only the address tells them apart. */
  let inner: TargetServer;
  before(async () => {
    names = await startNameServer();
    outer = await startTargetServer({ host: PUBLIC });
    inner = await startTargetServer({ host: PRIVATE, port: outer.port });
  });
  after(async () => {
    await inner.close();
    await outer.close();
    await names.close();
  });

  const sender = (change: Partial<NodeOutboundHttpDeps> = {}) =>
    open({
      resolveName: createDnsResolver([names.address]),
      isPublic: (address) => address === PUBLIC || isPublicAddress(address),
      ...change,
    });
  const get = (url: string, redirectsMax = 0, subject = sender()) =>
    subject.send({ method: 'GET', url, timeoutMs: 5_000, responseBytesMax: 1_000, redirectsMax });
  const refuses = (url: string, redirectsMax = 0) =>
    assert.rejects(get(url, redirectsMax), (error) => {
      return (
        hasCode(error, 'invalid') && /public internet/.test(error.message) && !error.message.includes(PRIVATE)
      );
    });
  const at = (name: string, path = '/ok') => `http://${name}:${outer.port}${path}`;

  it('connects to an address that was resolved and checked, under the name', async () => {
    names.set('hooks.example', [PUBLIC]);
    const { status, body } = await get(at('hooks.example', '/echo'));
    assert.equal(status, 200);
    assert.equal(JSON.parse(body.toString()).headers.host, `hooks.example:${outer.port}`);
    assert.equal(names.queries('hooks.example'), 1, 'nobody resolves it again');
  });

  it('refuses a name of which any address is private', async () => {
    for (const addresses of [
      [PRIVATE],
      [PUBLIC, PRIVATE],
      [PUBLIC, '10.0.0.1'],
      [PUBLIC, '::1'],
      [PUBLIC, '::ffff:7f00:3'],
      [PUBLIC, 'fd00::1'],
      ['169.254.169.254'],
    ]) {
      names.set('mixed.example', addresses);
      await refuses(at('mixed.example'));
    }
    assert.equal(inner.connections(), 0);
  });

  it('is not deceived by a name that changes between two requests', async () => {
    names.set('rebinding.example', [PUBLIC], [PRIVATE]);
    assert.equal((await get(at('rebinding.example'))).status, 200);
    await refuses(at('rebinding.example'));
    assert.equal(inner.connections(), 0);
  });

  it('checks every redirect again, also to the same name', async () => {
    const to = (url: string) => `/redirect?to=${encodeURIComponent(url)}`;
    names.set('rebinding.example', [PUBLIC], [PRIVATE]);
    await refuses(at('rebinding.example', to('/ok')), 1);
    names.set('hooks.example', [PUBLIC]);
    for (const host of ['169.254.169.254', 'localhost', '127.0.0.3', '[::ffff:127.0.0.3]']) {
      await refuses(at('hooks.example', to(at(host))), 1);
    }
    names.set('inner.example', [PRIVATE]);
    await refuses(at('hooks.example', to(at('inner.example'))), 1);
    assert.equal(inner.connections(), 0);
  });

  it('says when a name is not known, or when nobody answers for it', async () => {
    const unresolved = (error: unknown) =>
      hasCode(error, 'unavailable') && error.outcome === 'not_applied' && /resolved/.test(error.message);
    await assert.rejects(get(at('unknown.example')), unresolved);
    const silent = sender({ resolveName: () => new Promise(() => undefined) });
    await assert.rejects(
      silent.send({
        method: 'GET',
        url: at('a.example'),
        timeoutMs: 50,
        responseBytesMax: 1,
        redirectsMax: 0,
      }),
      (error) => hasCode(error, 'timeout'),
    );
  });

  describe('with TLS', () => {
    let valid: TargetServer;
    let expired: TargetServer;
    before(async () => {
      valid = await startTargetServer({ host: PUBLIC, tls: VALID_CERTIFICATE });
      expired = await startTargetServer({ host: PUBLIC, tls: EXPIRED_CERTIFICATE });
      for (const name of ['hooks.example', 'other.example']) names.set(name, [PUBLIC]);
    });
    after(async () => {
      await valid.close();
      await expired.close();
    });
    const trusting = () => sender({ certificateAuthorities: TEST_AUTHORITY });
    const failsAs = async (message: RegExp, url: string, subject = trusting()) => {
      await assert.rejects(get(url, 0, subject), (error) => {
        assert(hasCode(error, 'unavailable'), String(error));
        assert.match(error.message, message);
        return error.outcome === 'not_applied';
      });
    };

    it('checks the certificate against the name, though it connects to an address', async () => {
      const { status } = await get(`https://hooks.example:${valid.port}/ok`, 0, trusting());
      assert.equal(status, 200);
    });

    it('sends nothing to a host whose certificate is wrong, and says what is', async () => {
      await failsAs(/of another host/, `https://other.example:${valid.port}/ok`);
      await failsAs(/expired/, `https://hooks.example:${expired.port}/ok`);
      await failsAs(/authority/, `https://hooks.example:${valid.port}/ok`, sender());
      assert.equal(valid.received.length, 1);
      assert.equal(expired.received.length, 0);
    });

    it('does not go on from https to http', async () => {
      const to = encodeURIComponent(at('hooks.example'));
      await assert.rejects(
        get(`https://hooks.example:${valid.port}/redirect?to=${to}`, 1, trusting()),
        (error) => hasCode(error, 'invalid') && /https to http/.test(error.message),
      );
    });
  });
});
