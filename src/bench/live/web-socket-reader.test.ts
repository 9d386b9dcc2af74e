import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Frame } from '../../systems/live/frame.ts';
import { createWebSocketReader } from './web-socket-reader.ts';

describe('createWebSocketReader', () => {
  it('finds every message, however the bytes are cut, and pings between them', () => {
    const length = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(65_500, 65_536, 70_000));
    fc.assert(
      fc.property(
        fc.array(length, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (lengths, cuts) => {
          const texts = lengths.map((each) => 'x'.repeat(each));
          const parts = texts.flatMap((text) => [
            new Frame('post', JSON.stringify(text)).webSocket,
            Buffer.from([0x89, 0]),
          ]);
          const bytes = Buffer.concat(parts);
          const found: string[] = [];
          let pings = 0;
          const reader = createWebSocketReader(
            (payload) => void found.push(JSON.parse(String(payload)).data),
            () => (pings += 1),
          );
          const places = [
            0,
            ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
            bytes.length,
          ];
          for (const [index, place] of places.entries())
            reader.read(bytes.subarray(places[index - 1] ?? 0, place));
          assert.deepEqual(found, texts);
          assert.equal(pings, texts.length);
        },
      ),
    );
  });

  it('reads what a server writes in one go', async () => {
    const server = createServer((socket) => {
      socket.end(Buffer.concat([new Frame('a', '1').webSocket, new Frame('b', '2', 'id').webSocket]));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const found: unknown[] = [];
    const reader = createWebSocketReader(
      (payload) => found.push(JSON.parse(String(payload))),
      () => undefined,
    );
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('data', (part) => reader.read(part));
    await once(socket, 'close');
    server.close();
    assert.deepEqual(found, [
      { event: 'a', data: 1 },
      { event: 'b', id: 'id', data: 2 },
    ]);
  });
});
