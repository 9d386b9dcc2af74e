import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { findFreePort } from '../bench/server-process.ts';
import { choosePorts, FREE_MAX, FREE_MIN } from './ports.ts';

const HOST = '127.0.0.1';

async function occupy(test: TestContext, port: number): Promise<void> {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  atEnd(test, () => server.close());
}

describe('the ports of processes', () => {
  it('are those that are named, and free ones below what connections that go out are given', async (test) => {
    const folder = await temporaryFolder(test);
    const port = await findFreePort();
    const wishes = ['a', 'b', 'c'].map((name) => ({ name, host: HOST, port: undefined }));
    const chosen = await choosePorts([{ name: 'api', host: HOST, port }, ...wishes], folder, { keep: true });
    assert.equal(chosen.get('api'), port);
    const free = wishes.map(({ name }) => chosen.get(name) ?? 0);
    assert.equal(new Set(free).size, 3);
    for (const each of free) assert.ok(each >= FREE_MIN && each <= FREE_MAX, String(each));
  });

  it('stay the same, unless another program has taken one meanwhile', async (test) => {
    const folder = await temporaryFolder(test);
    const wishes = ['a', 'b'].map((name) => ({ name, host: HOST, port: undefined }));
    const first = await choosePorts(wishes, folder, { keep: true });
    await choosePorts([{ name: 'a', host: HOST, port: undefined }], folder, { keep: true });
    assert.deepEqual(await choosePorts(wishes, folder, { keep: true }), first);
    await occupy(test, first.get('a') ?? 0);
    const later = await choosePorts(wishes, folder, { keep: true });
    assert.notEqual(later.get('a'), first.get('a'));
    assert.equal(later.get('b'), first.get('b'));
  });

  it('are refused together where they are named and taken', async (test) => {
    const folder = await temporaryFolder(test);
    const ports = [await findFreePort(), await findFreePort()];
    for (const port of ports) await occupy(test, port);
    const wishes = ports.map((port, index) => ({ name: `api-${index + 1}`, host: HOST, port }));
    await assert.rejects(choosePorts(wishes, folder, { keep: false }), {
      code: 'conflict',
      message: new RegExp(
        `^These ports are taken by another program: ${ports[0]} of ${HOST} \\(api-1\\), ${ports[1]}`,
      ),
    });
  });

  it('are refused with an address that this machine does not have', async (test) => {
    const folder = await temporaryFolder(test);
    // One of those that are kept for documents.
    const wishes = [{ name: 'haproxy', host: '192.0.2.1', port: await findFreePort() }];
    await assert.rejects(choosePorts(wishes, folder, { keep: false }), {
      code: 'conflict',
      message: /^Port \d+ of 192\.0\.2\.1 \(haproxy\) cannot be listened on.* 0\.0\.0\.0 for all\.$/,
    });
  });
});
