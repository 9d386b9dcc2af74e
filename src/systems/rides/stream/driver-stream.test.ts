import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { WebSocket } from 'ws';
import { createManualClock } from '../../../../test/support/manual-clock.ts';
import { BUFFERED_BYTES_MAX, openDriverStream } from './driver-stream.ts';
import { CLOSE_CODES } from './stream-messages.ts';

/** A client who takes nothing of what is sent: a real one is hidden behind megabytes of the system's own. */
function openStalled() {
  const sent: string[] = [];
  const closes: number[] = [];
  class StalledSocket extends EventEmitter {
    destroyed = false;
    get writableLength() {
      return sent.reduce((sum, text) => sum + text.length, 0);
    }
    destroy() {
      this.destroyed = true;
      this.emit('close');
    }
  }
  const socket = new StalledSocket();
  const webSocket = Object.assign(new EventEmitter(), {
    send: (text: string) => void sent.push(text),
    close: (code: number) => void closes.push(code),
    ping: () => undefined,
  });
  const stream = openDriverStream({
    ...{ sessionId: 1, place: 1, known: undefined, clock: createManualClock() },
    // What the stream uses of them is there.
    webSocket: webSocket as unknown as WebSocket,
    socket: socket as unknown as Socket,
    onPoint: () => true,
    onDropped: () => undefined,
  });
  return { stream, sent, closes, socket };
}

describe('a driver who does not read', () => {
  it('is sent so much, and then cut off with the reason', () => {
    const { stream, sent, closes, socket } = openStalled();
    const text = 'x'.repeat(1_024);
    for (let bytes = 0; bytes <= BUFFERED_BYTES_MAX; bytes += text.length) stream.send(text);
    assert.equal(stream.endReason, undefined);
    assert.equal(sent.length, BUFFERED_BYTES_MAX / text.length + 1);
    stream.send(text);
    assert.equal(stream.endReason, 'slow');
    assert.deepEqual(closes, [CLOSE_CODES.slow]);
    assert.deepEqual(JSON.parse(sent.at(-1) ?? ''), { type: 'end', reason: 'slow' });
    stream.send(text);
    stream.end('replaced');
    assert.equal(stream.endReason, 'slow');
    assert.equal(closes.length, 1);
    socket.destroy();
  });

  it('is sent nothing when there is nobody any more', () => {
    const { stream, sent, closes, socket } = openStalled();
    socket.destroy();
    stream.send('x');
    stream.ping();
    stream.end('draining');
    assert.deepEqual([sent, closes], [[], []]);
  });
});
