/** Pictures for the experiment on photos: made, uploaded, and scaled by sharp alone for comparison. */
import sharp from 'sharp';
import { API, textAt } from '../../client/api-client.ts';
import { AppError } from '../../core/errors.ts';

/** Noise that is as smooth as a photo: compresses to some 600 kB at 6 megapixels. */
export async function makePhoto(width: number, height: number, sigma: number): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma } as const;
  const create = { width, height, channels: 3, background: '#888888', noise } as const;
  return sharp({ create }).blur(2).jpeg({ quality: 85 }).toBuffer();
}

/** The same sizes and formats as the product makes, each straight from the picture, as one would write it down. */
export async function scaleByHand(photo: Buffer): Promise<void> {
  for (const width of [undefined, 1_080, 640, 320, 150]) {
    const scaled = () => {
      const picture = sharp(photo, { sequentialRead: true }).autoOrient();
      return width === undefined ? picture : picture.resize(width, width === 150 ? 150 : undefined);
    };
    await scaled().jpeg({ quality: 82 }).toBuffer();
    await scaled().webp({ quality: 78, effort: 3 }).toBuffer();
  }
}

/** Answers what the call answered. */
export async function sendPhoto(
  url: string,
  token: string,
  where: '/media' | '/photos',
  photo: Buffer,
): Promise<unknown> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(photo)]), 'photo.jpg');
  const answer = await fetch(`${url}${API}${where}`, {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${token}` },
  });
  const body: unknown = await answer.json();
  if (answer.status === 201) return body;
  throw new AppError('unavailable', `an upload was answered ${answer.status} ${JSON.stringify(body)}`);
}

export async function stateOf(url: string, token: string, mediaId: string): Promise<string> {
  const answer = await fetch(`${url}${API}/media/${mediaId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return textAt(await answer.json(), 'state');
}

/** One that no post shows. */
export async function deletePhoto(url: string, token: string, mediaId: string): Promise<void> {
  const answer = await fetch(`${url}${API}/media/${mediaId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
  if (answer.status !== 204) throw new AppError('unavailable', `a deletion was answered ${answer.status}`);
}
