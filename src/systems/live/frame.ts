/** An event as it goes over the wire: written once for each transport, whoever many receive it. */

/** `data` is JSON. The events that no id belongs to leave the client's as it is. */
export class Frame {
  readonly event: string;
  readonly #id: string | undefined;
  readonly #data: string;
  #webSocket: Buffer | undefined;
  #eventStream: Buffer | undefined;

  constructor(event: string, data: string, id?: string) {
    this.event = event;
    this.#data = data;
    this.#id = id;
  }

  /** A text frame of RFC 6455, unmasked as those of servers are. */
  get webSocket(): Buffer {
    if (this.#webSocket === undefined) {
      const id = this.#id === undefined ? '' : `"id":"${this.#id}",`;
      this.#webSocket = textFrame(`{"event":"${this.event}",${id}"data":${this.#data}}`);
    }
    return this.#webSocket;
  }

  /** An event of an event stream. JSON has no line breaks. */
  get eventStream(): Buffer {
    if (this.#eventStream === undefined) {
      const id = this.#id === undefined ? '' : `id: ${this.#id}\n`;
      this.#eventStream = Buffer.from(`${id}event: ${this.event}\ndata: ${this.#data}\n\n`);
    }
    return this.#eventStream;
  }
}

const FINAL_TEXT = 0x81;
const FINAL_PING = 0x89;

/** With nothing in it. */
export const PING_FRAME = Buffer.from([FINAL_PING, 0]);
/** Keeps proxies from closing a connection on which nothing happens. */
export const COMMENT = Buffer.from(':\n\n');

/** Sets the id from which a client resumes, and is no event for it. */
export function idLine(id: string): Buffer {
  return Buffer.from(`id: ${id}\n\n`);
}

function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafeSlow(headLength + length);
  frame[0] = FINAL_TEXT;
  frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (headLength === 4) frame.writeUInt16BE(length, 2);
  if (headLength === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(text, headLength);
  return frame;
}
