/** Pictures over HTTP: sent as forms, waited for, looked at. */
import { createHash, randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { API } from '../../src/client/api-client.ts';
import type { Json, Person } from './journey-client.ts';
import { until } from './until.ts';

/** Pictures wait for others, and have the lowest priority. */
const WAIT_MS_MAX = 60_000;

export interface FormAnswer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

export function createPictureClient(url: () => string) {
  async function send(
    person: Person,
    where: string,
    fields: Readonly<Record<string, string | Blob>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<FormAnswer> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') form.set(name, value);
      else form.set(name, value, 'picture.bin');
    }
    const answer = await fetch(`${url()}${API}${where}`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${person.token}`, ...headers },
    });
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  }

  return {
    send,

    upload: (person: Person, bytes: Buffer, fields = {}, headers = {}): Promise<FormAnswer> =>
      send(person, '/media', { file: new Blob([new Uint8Array(bytes)]), ...fields }, headers),

    /** As it is once it is ready or failed. */
    async processed(person: Person, mediaId: string, waitMs = WAIT_MS_MAX): Promise<Json> {
      let media: Json;
      await until(async () => {
        media = await person.get(`/media/${mediaId}`);
        return media.state !== 'processing';
      }, waitMs);
      return media;
    },
  };
}

/** A photo that is none: no two are the same. */
export async function noise(width: number, height: number): Promise<Buffer> {
  const seed = createHash('sha256').update(randomBytes(8)).digest();
  const data = Buffer.alloc(width * height * 3, seed);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}
