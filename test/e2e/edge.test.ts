/** Pictures at the edge: kept by a real nginx before a real server, and forgotten when they are deleted. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import sharp from 'sharp';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { findNginxPlace, type NginxProcess, nginxBackend, startNginx } from '../support/nginx.ts';
import { describeOnBackend } from '../support/required-backends.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** As docs/decisions/0025 states it, of an edge that can be reached. */
const FORGOTTEN_MS_MAX = 10_000;
const FORMATS = ['image/webp', 'image/jpeg'];

describeOnBackend('the edge', nginxBackend(), (program) => {
  let home: ServerHome;
  let server: ServerProcess;
  let edge: NginxProcess;
  let alice: Person;
  let bob: Person;
  /** Everything goes through the edge. */
  const client = createJourneyClient(() => edge.url);

  before(async () => {
    home = await createServerHome();
    const place = await findNginxPlace();
    server = await home.start({
      GROUNDSWELL_RATE_LIMITS: 'off',
      GROUNDSWELL_PUBLIC_URL: place.url,
      GROUNDSWELL_TRUSTED_PROXIES: '127.0.0.1',
      GROUNDSWELL_EDGE_URLS: place.edgeUrl,
    });
    edge = await startNginx(program, place, server.url);
    [alice, bob] = [await client.signUp('alice'), await client.signUp('bob')];
  });
  after(async () => {
    await edge?.close();
    await server?.stop();
    await home?.close();
  });

  async function photo(person: Person, fields: Record<string, string> = {}): Promise<Json> {
    const form = new FormData();
    form.set('file', new Blob([await picture()]), 'picture.jpg');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const headers = { authorization: `Bearer ${person.token}` };
    const answer = await fetch(`${edge.url}/api/v1/photos`, { method: 'POST', body: form, headers });
    assert.equal(answer.status, 201);
    const { photo_id: photoId } = (await answer.json()) as Json;
    let post: Json;
    await until(async () => {
      post = await person.get(`/posts/${photoId}`);
      return post.media[0].state === 'ready';
    });
    return { photoId, ...post.media[0] };
  }

  /** How the edge came to its answer, and what that was. */
  async function seen(url: string, headers: Record<string, string> = {}) {
    const answer = await fetch(url, { headers });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, how: answer.headers.get('groundswell-cache'), bytes, answer };
  }

  /** How often the server itself was asked for pictures. */
  async function asked(): Promise<number> {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counts = metrics.matchAll(/^http_request_duration_seconds_count\{[^}]*\/media\/[^}]*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  const urlsOf = ({ variants }: Json): string[] => variants.map(({ url }: Json) => url);

  it('answers the second request for a picture itself, in each format, in parts and conditionally', async () => {
    const { url } = await photo(alice);
    for (const accept of ['image/avif,image/webp,*/*', 'image/jpeg']) {
      const before = await asked();
      const first = await seen(url, { accept });
      assert.deepEqual([first.status, first.how], [200, 'MISS']);
      // It is counted when its answer is sent, which is a little later.
      await until(async () => (await asked()) === before + 1);
      const second = await seen(url, { accept });
      assert.deepEqual([second.status, second.how], [200, 'HIT']);
      assert.deepEqual(second.bytes, first.bytes);
      assert.equal(second.answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(second.answer.headers.get('x-accel-expires'), null);
      const part = await seen(url, { accept, range: 'bytes=5-9' });
      assert.deepEqual([part.status, part.how], [206, 'HIT']);
      assert.deepEqual(part.bytes, first.bytes.subarray(5, 10));
      const etag = first.answer.headers.get('etag') ?? '';
      const known = await seen(url, { accept, 'if-none-match': etag });
      assert.deepEqual([known.status, known.how], [304, 'HIT']);
      assert.equal(await asked(), before + 1, 'the server was not asked');
    }
    const webp = await seen(url, { accept: 'image/webp' });
    assert.equal(webp.answer.headers.get('content-type'), 'image/webp');
  });

  it('asks the server once when many ask for one picture at the same time', async () => {
    const { url } = await photo(alice);
    const before = await asked();
    const answers = await Promise.all(Array.from({ length: 20 }, () => seen(url)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    );
    await until(async () => (await asked()) > before);
    assert.equal((await asked()) - before, 1);
  });

  it('keeps one picture, whatever is written behind its address or is sent along', async () => {
    const { url } = await photo(alice);
    await seen(url);
    for (const other of [`${url}?other=1`, url.replace('/full', '/%66ull')]) {
      assert.equal((await seen(other)).how, 'HIT');
    }
    assert.equal(
      (await seen(url, { 'cache-control': 'no-cache', origin: 'http://evil.example' })).how,
      'HIT',
    );
  });

  it('keeps nothing of a picture that not everyone may see', async () => {
    const { url } = await photo(alice, { visibility: 'followers' });
    for (let time = 0; time < 3; time += 1) {
      const { status, how, answer } = await seen(url);
      assert.deepEqual([status, how], [200, 'MISS']);
      assert.match(answer.headers.get('cache-control') ?? '', /^private, max-age=\d+, immutable$/);
    }
  });

  it('keeps nothing of what is not there, which may come', async () => {
    const { url } = await photo(alice);
    const wrong = [
      url.replace('/full', '/nothing'),
      url.replace(/\.[^./]+\/full$/, `.${'A'.repeat(22)}/full`),
      // Of its own signature; only pictures of profiles have it.
      url.replace('/full', '/avatar'),
    ];
    for (const each of [...wrong, ...wrong]) {
      const { status, how } = await seen(each, { 'groundswell-purge': '1' });
      assert.deepEqual([status, how], [404, 'MISS']);
    }
  });

  it('is not made to ask again by whoever has not its secret', async () => {
    const { url } = await photo(alice);
    await seen(url);
    for (const guess of ['1', 'guess', '']) {
      assert.equal((await seen(url, { 'groundswell-purge': guess })).how, 'HIT');
    }
  });

  it('forgets every variant of a photo that is deleted, and its bytes', async () => {
    const media = await photo(alice);
    const answers = await Promise.all(
      urlsOf(media).flatMap((url) => FORMATS.map((accept) => seen(url, { accept }))),
    );
    const pictures = answers.map(({ bytes }) => bytes);
    const isKept = async (): Promise<boolean> => {
      const files = await edge.kept();
      return pictures.some((bytes) => files.some((file) => file.includes(bytes)));
    };
    assert.ok(await isKept());
    assert.equal((await alice.call('DELETE', `/photos/${media.photoId}`)).status, 204);
    await forgotten(media);
    assert.equal(await isKept(), false, 'the bytes are gone from its disk');
  });

  it('forgets every variant of all photos of a person who leaves', async () => {
    const photos = [await photo(bob), await photo(bob)];
    for (const media of photos) for (const url of urlsOf(media)) await seen(url);
    assert.equal((await bob.call('DELETE', '/users/me', { body: { password: bob.password } })).status, 204);
    for (const media of photos) await forgotten(media);
  });

  it('forgets a photo that was deleted while it was away', async () => {
    const media = await photo(alice);
    for (const url of urlsOf(media)) await seen(url);
    await edge.stop();
    const direct = createJourneyClient(() => server.url);
    const { body } = await direct.signIn(alice.username, alice.password);
    const authorization = `Bearer ${body.access_token}`;
    const deleted = await direct.call('DELETE', `/photos/${media.photoId}`, { headers: { authorization } });
    assert.equal(deleted.status, 204);
    await until(() => server.logs().includes('an edge cache was not told'));
    await edge.start();
    assert.equal((await seen(media.url)).how, 'HIT', 'it has kept it');
    await forgotten(media, 60_000);
  });

  async function forgotten(media: Json, withinMs = FORGOTTEN_MS_MAX): Promise<void> {
    await until(async () => {
      const answers = await Promise.all(
        urlsOf(media).flatMap((url) => FORMATS.map((accept) => seen(url, { accept }))),
      );
      return answers.every(({ status }) => status === 404);
    }, withinMs);
  }

  it('passes live events and everything else on as it comes', async () => {
    const events = await fetch(`${edge.url}/api/v1/live`, {
      headers: { authorization: `Bearer ${alice.token}`, accept: 'text/event-stream' },
      signal: AbortSignal.timeout(10_000),
    });
    assert.equal(events.status, 200);
    const reader = events.body?.getReader();
    await alice.post('/posts', { body: { text: 'heard at once' } });
    let text = '';
    while (!text.includes('heard at once') && !/event: /.test(text)) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      assert.equal(done, false);
      text += Buffer.from(value ?? []).toString();
    }
    await reader?.cancel();
  });
});

let pictures = 0;

/** No two are the same. */
async function picture(): Promise<Buffer> {
  pictures += 1;
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const background = { r: pictures, g: 0, b: 0 };
  return sharp({ create: { width: 1_200, height: 800, channels: 3, background, noise } })
    .jpeg()
    .toBuffer();
}
