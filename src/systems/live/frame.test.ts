import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Frame } from './frame.ts';

/** Of a frame whose JSON is so long in all. */
const frameOf = (length: number): Buffer => {
  const around = '{"event":"post","data":""}'.length;
  return new Frame('post', `"${'x'.repeat(length - around)}"`).webSocket;
};

describe('Frame', () => {
  it('is an unmasked text frame of RFC 6455, of each of the three forms of length', () => {
    assert.deepEqual([...frameOf(125).subarray(0, 2)], [0x81, 125]);
    assert.deepEqual([...frameOf(126).subarray(0, 4)], [0x81, 126, 0, 126]);
    assert.deepEqual([...frameOf(65_535).subarray(0, 4)], [0x81, 126, 0xff, 0xff]);
    assert.deepEqual([...frameOf(65_536).subarray(0, 10)], [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    for (const [length, head] of [
      [125, 2],
      [126, 4],
      [65_535, 4],
      [65_536, 10],
    ] as const) {
      assert.equal(frameOf(length).length, length + head);
    }
  });

  it('counts bytes, not characters', () => {
    const frame = new Frame('post', '{"text":"é😀"}', 'id');
    assert.equal(frame.webSocket[1], frame.webSocket.length - 2);
    assert.deepEqual(JSON.parse(String(frame.webSocket.subarray(2))), {
      event: 'post',
      id: 'id',
      data: { text: 'é😀' },
    });
    assert.equal(String(frame.eventStream), 'id: id\nevent: post\ndata: {"text":"é😀"}\n\n');
  });

  it('is made once', () => {
    const frame = new Frame('post', '{}');
    assert.equal(frame.webSocket, frame.webSocket);
    assert.equal(frame.eventStream, frame.eventStream);
    assert.equal(String(frame.eventStream), 'event: post\ndata: {}\n\n');
  });
});
