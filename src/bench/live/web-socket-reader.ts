/** Finds the messages in what a WebSocket server sends: no more than a bench needs, so that it costs less than sending. */

/** Of unmasked frames. */
export interface WebSocketReader {
  /** Calls `onMessage` for each whole message among the bytes so far; its payload is only good until it returns. */
  read(bytes: Buffer): void;
}

const OPCODE = 0x0f;
const CONTROL = 0x08;
const PING = 0x09;
/** To be sent when `onPing` is called: an empty pong, masked with noughts. */
export const PONG_FRAME = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

export function createWebSocketReader(
  onMessage: (payload: Buffer) => void,
  onPing: () => void,
): WebSocketReader {
  let rest: Buffer | undefined;
  return {
    read(bytes) {
      let left = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
      for (let frame = frameIn(left); frame !== undefined; frame = frameIn(left)) {
        const opcode = (left[0] ?? 0) & OPCODE;
        if (opcode === PING) onPing();
        if (opcode < CONTROL) onMessage(left.subarray(frame.start, frame.end));
        left = left.subarray(frame.end);
      }
      rest = left.length === 0 ? undefined : left;
    },
  };
}

/** Where the payload of the first frame lies, once it is all there. */
function frameIn(bytes: Buffer): { readonly start: number; readonly end: number } | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return bytes.length < start + length ? undefined : { start, end: start + length };
}
