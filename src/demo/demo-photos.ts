/** Faces, and photos of nowhere that some people post: the program draws them itself. */
import { API } from '../client/api-client.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { drawPhoto } from '../seed/drawn-photos.ts';
import { isObject, type Person, type RideCalls } from '../simulator/ride-calls.ts';

export interface DemoPhotosDeps {
  readonly url: string;
  readonly calls: RideCalls;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export const PHOTOS = [
  { text: 'Morning above the fog', alt: 'Hills in the first light, with fog between them' },
  { text: 'The path back', alt: 'A high, narrow view of dark hills under a blue sky' },
  { text: 'Evening at the lake: a #sunset that went on and on', alt: 'A low sun over dark hills' },
  { text: 'Three passes in a day', alt: 'Green hills, one behind the other' },
  { text: 'All of it, from the tower', alt: 'A wide valley under a violet sky' },
  { text: 'Before the snow', alt: 'Grey hills under a pale sun' },
] as const;
const FACE = [480, 480] as const;
const FACES = 12;
const HEADER = [1_500, 500] as const;
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** The first of the people have a face, and the first of these post a photo, which the others like. */
export async function takePhotos(deps: DemoPhotosDeps, people: readonly Person[]): Promise<void> {
  for (const [number, person] of people.slice(0, FACES).entries()) {
    if (deps.signal.aborted) return;
    await showFace(deps, person, number);
  }
  for (const [number, photo] of PHOTOS.entries()) {
    const person = people[number];
    if (person === undefined || deps.signal.aborted) return;
    await postPhoto(deps, person, photo, { number, admirers: people.slice(number + 1, 3 * number + 4) });
  }
}

async function showFace(deps: DemoPhotosDeps, person: Person, number: number): Promise<void> {
  const faces = { avatar_media_id: await upload(deps, person, await drawPhoto(number, FACE)) };
  const header = number < PHOTOS.length ? await drawPhoto(number + 1, HEADER) : undefined;
  const headers = header === undefined ? {} : { header_media_id: await upload(deps, person, header) };
  await deps.calls.call(person, { method: 'PATCH', path: '/users/me', body: { ...faces, ...headers } });
}

async function postPhoto(
  deps: DemoPhotosDeps,
  person: Person,
  { text, alt }: (typeof PHOTOS)[number],
  { number, admirers }: { readonly number: number; readonly admirers: readonly Person[] },
): Promise<void> {
  const { calls } = deps;
  const mediaId = await upload(deps, person, await drawPhoto(number), alt);
  await untilReady(deps, person, mediaId);
  const body = { text, media_ids: [mediaId] };
  const posted = await calls.call(person, { method: 'POST', path: '/posts', body });
  const postId = posted?.body['post_id'];
  if (typeof postId !== 'string') return;
  for (const admirer of admirers) await calls.call(admirer, { method: 'PUT', path: `/posts/${postId}/like` });
}

/** Answers its id. Fails with `unavailable`, naming the answer. */
async function upload(
  { url, signal }: DemoPhotosDeps,
  { token }: Person,
  picture: Buffer,
  alt?: string,
): Promise<string> {
  const form = new FormData();
  if (alt !== undefined) form.append('alt', alt);
  form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'photo.jpg');
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}${API}/media`, { method: 'POST', headers, body: form, signal });
  const answer: unknown = await response.json();
  const mediaId = isObject(answer) ? answer['media_id'] : undefined;
  if (typeof mediaId === 'string') return mediaId;
  throw new AppError('unavailable', `A picture was answered with ${response.status}.`);
}

/** So that nobody sees a post whose picture is still being cut. A picture that takes too long is posted all the same. */
async function untilReady(
  { calls, clock, signal }: DemoPhotosDeps,
  person: Person,
  mediaId: string,
): Promise<void> {
  const untilMs = clock.monotonicMs() + READY_WITHIN_MS;
  while (!signal.aborted && clock.monotonicMs() < untilMs) {
    const answer = await calls.call(person, { method: 'GET', path: `/media/${mediaId}` });
    if (answer?.body['state'] !== 'processing') return;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
