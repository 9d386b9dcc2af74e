import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { ANSWER_BYTES_MAX, createEngineHttp, type EngineHttp } from './engine-http.ts';

/** What sockets hold beside what was read, many times over. */
const SENT_MAX = 64 * 1_024 * 1_024;
const MEGABYTE = Buffer.alloc(1_024 * 1_024, '[');
const DRIP_MS = 50;

/** Asks an engine that answers so, and gives back how many bytes it sent until it noticed that nobody listens. */
async function askOneThat(
  answers: (response: ServerResponse, sent: (bytes: number) => void) => void,
  ask: (http: EngineHttp) => Promise<void>,
): Promise<number> {
  let bytes = 0;
  const server = createServer((_, response) =>
    answers(response, (more) => {
      bytes += more;
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens at a port.
  const http = createEngineHttp(`http://127.0.0.1:${port}`);
  const cut = once(server, 'connection').then(
    ([socket]) =>
      new Promise((resolve) => {
        // With a reset, perhaps.
        socket.on('error', () => undefined).once('close', resolve);
      }),
  );
  try {
    await ask(http);
    await cut;
  } finally {
    http.close();
    server.closeAllConnections();
    server.close();
  }
  return bytes;
}

const refused = (code: 'unavailable' | 'timeout') => (http: EngineHttp) =>
  assert.rejects(http.ask('/route'), (error) => hasCode(error, code));

/** As fast as it is read. */
function flood(response: ServerResponse, sent: (bytes: number) => void): void {
  const more = (): void => {
    if (response.destroyed) return;
    sent(MEGABYTE.length);
    if (response.write(MEGABYTE)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

/** A byte now and then, so that no time between two of them is long. */
function drip(write: () => void, response: ServerResponse): void {
  const timer = setInterval(write, DRIP_MS);
  response.once('close', () => clearInterval(timer));
}

describe('an engine of routes over HTTP', () => {
  it('is heard up to a limit, however much it says', async () => {
    const sent = await askOneThat(flood, refused('unavailable'));
    assert.ok(sent > ANSWER_BYTES_MAX && sent < SENT_MAX, `${sent} bytes`);
  });

  it('is heard for a time, however slowly it says it', async () => {
    await Promise.all([
      askOneThat((response) => drip(() => response.write(' '), response), refused('timeout')),
      askOneThat((response) => drip(() => response.writeProcessing(), response), refused('timeout')),
      askOneThat(() => undefined, refused('timeout')),
    ]);
  });

  it('may nest what it says as deep as its limit lets it', async () => {
    const text = '['.repeat(ANSWER_BYTES_MAX / 2) + ']'.repeat(ANSWER_BYTES_MAX / 2);
    await askOneThat(
      (response) => response.end(text),
      async (http) => {
        assert.equal((await http.ask('/route')).status, 200);
        http.close();
      },
    );
    await askOneThat((response) => response.end(`${text} `), refused('unavailable'));
  });
});
