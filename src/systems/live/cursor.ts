/**
 * How far a client has been served: the next offset of every partition of the topics it hears of, which is the same in
 * every process, because offsets are dense and those of the log. The id of an event is the cursor after it.
 *
 * As text: base64url of a version byte and the offsets as LEB128, some 70 characters.
 */
import { PARTITIONS } from '../../ports/event-log/event-log.ts';

/** What a resumed connection gets again. Another order or number of topics is another version. */
export const LIVE_TOPICS = ['posts', 'relationships', 'notifications'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];

/** The next offset of each place: partition by partition, topic by topic. */
export type Offsets = Float64Array;

const VERSION = 1;
const PLACES = LIVE_TOPICS.length * PARTITIONS;
const BYTES_MAX = 1 + PLACES * 8;
export const CURSOR_LENGTH_MAX = Math.ceil((BYTES_MAX * 4) / 3);
const FIRST_PLACES = new Map<string, number>(LIVE_TOPICS.map((topic, index) => [topic, index * PARTITIONS]));

export function newOffsets(): Offsets {
  return new Float64Array(PLACES);
}

/** `undefined` for a topic that is not among LIVE_TOPICS. */
export function placeOf(topic: string, partition: number): number | undefined {
  const first = FIRST_PLACES.get(topic);
  return first === undefined ? undefined : first + partition;
}

export function partitionAt(place: number): { readonly topic: LiveTopic; readonly partition: number } {
  const topic = LIVE_TOPICS[Math.floor(place / PARTITIONS)] ?? 'posts';
  return { topic, partition: place % PARTITIONS };
}

/** Whether all that `cursor` has been served has been heard here, too. */
export function isReached(cursor: Offsets, heard: Offsets): boolean {
  return cursor.every((offset, place) => offset <= (heard[place] ?? 0));
}

/** How many events lie between the two. */
export function distance(from: Offsets, to: Offsets): number {
  return to.reduce((sum, offset, place) => sum + Math.max(0, offset - (from[place] ?? 0)), 0);
}

const scratch = Buffer.alloc(BYTES_MAX);

export function cursorText(offsets: Offsets): string {
  scratch[0] = VERSION;
  let length = 1;
  for (let offset of offsets) {
    while (offset >= 0x80) {
      scratch[length++] = (offset % 0x80) + 0x80;
      offset = Math.floor(offset / 0x80);
    }
    scratch[length++] = offset;
  }
  return scratch.toString('base64url', 0, length);
}

/** `undefined` for what this product has never written, or only in another version. */
export function parseCursor(text: string): Offsets | undefined {
  if (text.length > CURSOR_LENGTH_MAX || !/^[\w-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes[0] !== VERSION) return undefined;
  const offsets = newOffsets();
  let [place, scale] = [0, 1];
  for (const byte of bytes.subarray(1)) {
    if (place === PLACES) return undefined;
    offsets[place] = (offsets[place] ?? 0) + (byte & 0x7f) * scale;
    if (!Number.isSafeInteger(offsets[place])) return undefined;
    scale *= 0x80;
    if (byte < 0x80) [place, scale] = [place + 1, 1];
  }
  return place === PLACES && scale === 1 ? offsets : undefined;
}
