import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../../test/support/at-end.ts';
import type { EdgeLocation } from '../../config/edge-locations.ts';
import { hasCode } from '../../core/errors.ts';
import { createNginxEdgeCache } from './nginx-edge-cache.ts';

const ENTRIES = [
  { path: '/media/a.b/full', accept: 'image/webp' },
  { path: '/media/a.b/full', accept: 'image/jpeg' },
];

/** What stands in for an edge: test/e2e/edge.test.ts has a real one. */
async function edgeAt(test: TestContext, answer: RequestListener): Promise<EdgeLocation> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(test, () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { origin: `http://127.0.0.1:${port}`, secret: 'the-secret-of-it' };
}

const forgetting: RequestListener = (_request, response) => {
  response.writeHead(404, { 'groundswell-cache': 'BYPASS' }).end('gone');
};

describe('the edge cache that is nginx', () => {
  it('asks every edge for every entry, with its secret', async (test) => {
    const asked: string[] = [];
    const listener: RequestListener = (request, response) => {
      asked.push(`${request.url} ${request.headers.accept} ${request.headers['groundswell-purge']}`);
      forgetting(request, response);
    };
    const edges = [await edgeAt(test, listener), await edgeAt(test, listener)];
    await createNginxEdgeCache(edges).purge(ENTRIES);
    const each = ['image/jpeg', 'image/webp'].map((accept) => `/media/a.b/full ${accept} the-secret-of-it`);
    assert.deepEqual(asked.sort(), [each[0], ...each, each[1]].sort());
  });

  it('fails when one edge is away, cannot ask, knows another secret, or is no edge', async (test) => {
    const willing = await edgeAt(test, forgetting);
    const away = { origin: 'http://127.0.0.1:9', secret: 'x' };
    const answers = [
      [502, { 'groundswell-cache': 'BYPASS' }],
      [200, { 'groundswell-cache': 'HIT' }],
      [404, {}],
    ] as const;
    const unwilling = await Promise.all(
      answers.map(([status, headers]) =>
        edgeAt(test, (_request, response) => void response.writeHead(status, headers).end()),
      ),
    );
    for (const edge of [away, ...unwilling]) {
      await assert.rejects(
        createNginxEdgeCache([willing, edge]).purge(ENTRIES),
        (error) => hasCode(error, 'unavailable') && !JSON.stringify(error).includes(edge.secret),
      );
    }
  });
});
