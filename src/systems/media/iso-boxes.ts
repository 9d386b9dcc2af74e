/** The boxes of a file of the ISO base media format (ISO 14496-12), as far as an AVIF says its size in them. */
export interface Box {
  readonly type: string;
  readonly content: Buffer;
}

/** Real files have some ten. */
const BOXES_MAX = 100;

/** `undefined` where there is none in these bytes. */
export function contentOf(bytes: Buffer | undefined, type: string): Buffer | undefined {
  for (const box of boxesOf(bytes)) {
    if (box.type === type) return box.content;
  }
  return undefined;
}

/** One after the other; the last may be cut off. Those of more than 4 GB, or without an end, are not looked into. */
export function* boxesOf(bytes: Buffer = Buffer.alloc(0)): Generator<Box> {
  let at = 0;
  for (let count = 0; count < BOXES_MAX && at + 8 <= bytes.length; count += 1) {
    const length = bytes.readUInt32BE(at);
    if (length < 8) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, at + length) };
    at += length;
  }
}
