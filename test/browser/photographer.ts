/** Somebody whose photos the pages of pictures show, and whom the reader of the demo follows. */
import assert from 'node:assert/strict';
import { API } from '../../src/client/api-client.ts';
import { PHOTOS as DEMO_PHOTOS } from '../../src/demo/demo-photos.ts';
import { drawPhoto } from '../../src/seed/drawn-photos.ts';
import type { DemoAccount } from '../support/demo-server.ts';
import type { Json } from '../support/journey-client.ts';
import { until } from '../support/until.ts';

const PROCESSED_WITHIN_MS = 180_000;

/** One more than the demo's own people post. */
const PHOTOS = [...DEMO_PHOTOS, { text: 'And down again', alt: 'Hills at dusk' }];

export async function photographer(url: string, reader: DemoAccount): Promise<void> {
  async function call(method: string, path: string, token: string | undefined, body?: object): Promise<Json> {
    const response = await fetch(`${url}${API}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    assert(response.ok, `${method} ${path} was answered ${response.status}`);
    return response.json();
  }
  const upload = async (token: string, n: number, size?: readonly [number, number]): Promise<string> => {
    const form = new FormData();
    const picture = new Uint8Array(await drawPhoto(n, size));
    form.append('file', new Blob([picture], { type: 'image/jpeg' }), `${n}.jpg`);
    return (await call('POST', '/media', token, form)).media_id;
  };

  const account = { username: 'ada', password: 'a good long one', display_name: 'Ada Lindqvist' };
  const { access_token: ada, user } = await call('POST', '/users', undefined, account);
  await call('PATCH', '/users/me', ada, {
    display_name: account.display_name,
    bio: 'Walks uphill, takes pictures, walks down again.',
    avatar_media_id: await upload(ada, 2, [1_600, 900]),
    header_media_id: await upload(ada, 4, [1_600, 900]),
  });
  const signedIn = await call('POST', '/sessions', undefined, { ...reader });
  await call('PUT', `/users/${user.user_id}/follow`, signedIn.access_token);
  for (const [n, { text, alt }] of PHOTOS.entries()) {
    const mediaId = await upload(ada, n);
    await call('PATCH', `/media/${mediaId}`, ada, { alt });
    const { post_id: postId } = await call('POST', '/posts', ada, { text, media_ids: [mediaId] });
    if (n % 2 === 0) await call('PUT', `/posts/${postId}/like`, signedIn.access_token);
    if (n === PHOTOS.length - 2)
      await call('POST', `/photos/${postId}/comments`, signedIn.access_token, {
        text: 'What a light! Where is this?',
      });
  }
  await until(async () => {
    const { photos } = await call('GET', `/users/${user.user_id}/photos`, ada);
    const { avatar_url: face, header_url: header } = await call('GET', '/users/me', ada);
    return (
      face !== null && header !== null && photos.every(({ state }: { state: string }) => state === 'ready')
    );
  }, PROCESSED_WITHIN_MS);
}
