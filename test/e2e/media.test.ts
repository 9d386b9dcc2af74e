/** Pictures, from the upload to the last byte that is removed, over HTTP and on the disk. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { runCommand } from '../support/command.ts';
import { createJourneyClient, type Json, type Person } from '../support/journey-client.ts';
import { createPictureClient, noise } from '../support/picture-client.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';

describe('pictures', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let alice: Person;
  let bob: Person;
  const client = createJourneyClient(() => server.url);
  const { send, upload, processed } = createPictureClient(() => server.url);

  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
    [alice, bob] = [await client.signUp('alice'), await client.signUp('bob')];
  });
  after(async () => {
    await server?.stop();
    await home?.close();
  });

  async function ready(person: Person, bytes: Buffer, fields = {}): Promise<Json> {
    const { status, body } = await upload(person, bytes, fields);
    assert.equal(status, 201, JSON.stringify(body));
    return processed(person, body.media_id);
  }

  async function files(): Promise<string[]> {
    const options = { recursive: true, withFileTypes: true } as const;
    const entries = await readdir(path.join(home.dataFolder, 'blobs'), options).catch((error: unknown) => {
      // A folder is gone since its parent was read.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    return entries?.filter((entry) => entry.isFile()).map(({ name }) => name) ?? files();
  }

  it('are processed after the upload was answered, and served in every size for good', async () => {
    const { status, body } = await upload(alice, await noise(1_500, 1_000), {
      alt: 'Noise',
      focus: '0.5,-0.25',
    });
    assert.equal(status, 201);
    assert.equal(body.state, 'processing');
    assert.deepEqual([body.width, body.height], [1_500, 1_000], 'known from the first answer on');
    const media = await processed(alice, body.media_id);
    assert.deepEqual([media.state, media.width, media.height], ['ready', 1_500, 1_000]);
    assert.deepEqual([media.alt, media.focus, media.animated], ['Noise', [0.5, -0.25], false]);
    assert.ok(media.thumbhash.length > 8);

    const post = await alice.post('/posts', { body: { text: '', media_ids: [media.media_id] } });
    const [shown] = post.media;
    assert.deepEqual(
      shown.variants.map(({ name, width }: Json) => [name, width]),
      [
        ['150', 150],
        ['320', 320],
        ['640', 640],
        ['1080', 1_080],
        ['full', 1_500],
      ],
    );
    for (const { url, width, height } of shown.variants) {
      const jpeg = await fetch(url, { headers: { accept: 'image/*' } });
      assert.equal(jpeg.headers.get('content-type'), 'image/jpeg');
      assert.equal(jpeg.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(jpeg.headers.get('vary'), 'Accept');
      const bytes = Buffer.from(await jpeg.arrayBuffer());
      assert.equal(Number(jpeg.headers.get('content-length')), bytes.length);
      const metadata = await sharp(bytes).metadata();
      assert.deepEqual([metadata.format, metadata.width, metadata.height], ['jpeg', width, height]);
      const webp = await fetch(url, { headers: { accept: 'image/avif,image/webp,*/*' } });
      assert.equal(webp.headers.get('content-type'), 'image/webp');
      assert.equal((await sharp(Buffer.from(await webp.arrayBuffer())).metadata()).width, width);
      assert.notEqual(webp.headers.get('etag'), jpeg.headers.get('etag'));
    }
    assert.ok(!(await files()).includes('original'), 'what was sent is kept no longer than it is needed');
  });

  it('are served in ranges, not again to who has them, and as nothing but pictures', async () => {
    const media = await ready(alice, await noise(200, 200));
    const [{ media: shown }] = [
      await alice.post('/posts', { body: { text: 'a', media_ids: [media.media_id] } }),
    ];
    const { url } = shown[0];
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const etag = whole.headers.get('etag') ?? '';
    assert.match(etag, /^"[^"]+"$/);
    assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${bytes.length}`);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 20));
    const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get('content-range'), `bytes */${bytes.length}`);
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(Number(head.headers.get('content-length')), bytes.length);
    assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
    assert.match(whole.headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/);
    assert.match(whole.headers.get('content-disposition') ?? '', /^inline; filename="full.jpg"$/);
  });

  it('of posts that not everyone may see have addresses that expire and cannot be made lasting', async () => {
    const media = await ready(alice, await noise(200, 200));
    const post = await alice.post('/posts', {
      body: { text: 'a', visibility: 'followers', media_ids: [media.media_id] },
    });
    const { url } = post.media[0];
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('cache-control') ?? '', /^private, max-age=\d{4}, immutable$/);
    const [, key, until, signature] = /\/media\/([0-9a-f]+)\.([0-9a-z]+)\.([\w-]+)\/full$/.exec(url) ?? [];
    assert.ok(key && until && signature);
    const later = (Number.parseInt(until, 36) + 3_600_000).toString(36);
    for (const token of [
      key,
      `${key}.${signature}`,
      `${key}.${later}.${signature}`,
      `${key}.${until}.${'a'.repeat(22)}`,
    ]) {
      assert.equal((await fetch(`${server.url}/media/${token}/full`)).status, 404, token);
    }
    for (const where of [
      `${url}/..`,
      url.replace('full', 'original'),
      url.replace('full', '..%2f..%2fpostgres'),
    ]) {
      assert.equal((await fetch(where)).status, 404, where);
    }
    assert.equal((await bob.call('GET', `/posts/${post.post_id}`)).status, 404);
    assert.equal((await bob.call('GET', `/media/${media.media_id}`)).status, 404);
  });

  it('are in the home timeline of followers, first as being processed and then as they are', async () => {
    await bob.put(`/users/${alice.userId}/follow`);
    const { body } = await upload(alice, await noise(2_000, 1_500));
    const post = await alice.post('/posts', { body: { text: 'just taken', media_ids: [body.media_id] } });
    let item: Json;
    await until(async () => {
      const { items } = await bob.get('/feed');
      item = items.find((each: Json) => each.post_id === post.post_id);
      return item?.media[0].state === 'ready';
    });
    assert.equal(item.media[0].variants.length, 5);
    assert.equal((await fetch(item.media[0].thumbnail_url)).status, 200);
    assert.deepEqual((await bob.get(`/posts/${post.post_id}`)).media, item.media);
    await alice.call('PATCH', `/media/${body.media_id}`, { body: { alt: 'Described later' } });
    await until(async () => {
      const { items } = await bob.get('/feed');
      return items.find((each: Json) => each.post_id === post.post_id)?.media[0].alt === 'Described later';
    });
  });

  it('are put on one post of their owner, and on no other', async () => {
    const media = await ready(alice, await noise(50, 50));
    const other = await ready(bob, await noise(50, 50));
    const attach = async (...mediaIds: string[]) => {
      const { status, body } = await alice.call('POST', '/posts', {
        body: { text: 'a', media_ids: mediaIds },
      });
      return [status, body.errors?.[0]?.field, body.errors?.[0]?.message];
    };
    assert.deepEqual(await attach(other.media_id), [422, 'media_ids', 'names media that do not exist.']);
    assert.deepEqual(await attach(media.media_id, media.media_id), [
      422,
      'media_ids',
      'names a medium twice.',
    ]);
    assert.equal((await attach(media.media_id))[0], 201);
    assert.match((await attach(media.media_id))[2], /another post/);
    assert.equal((await alice.call('DELETE', `/media/${media.media_id}`)).status, 409);
    assert.equal((await bob.call('DELETE', `/media/${media.media_id}`)).status, 404);
    const five = await Promise.all(Array.from({ length: 5 }, async () => ready(alice, await noise(20, 20))));
    const ids = five.map(({ media_id: mediaId }) => mediaId);
    assert.equal((await attach(...ids))[0], 422);
    assert.equal((await attach(...ids.slice(0, 4)))[0], 201);
  });

  it('are uploaded and posted once, however often the request is sent', async () => {
    const bytes = await noise(60, 60);
    const key = { 'idempotency-key': randomBytes(8).toString('hex') };
    const first = await upload(alice, bytes, { alt: 'once' }, key);
    assert.equal(first.status, 201);
    const again = await upload(alice, bytes, { alt: 'once' }, key);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.deepEqual(again.body, first.body);
    assert.equal((await upload(alice, await noise(61, 60), { alt: 'once' }, key)).status, 422);
    assert.equal((await upload(alice, bytes, { alt: 'twice' }, key)).status, 422);
    const request = {
      body: { text: 'once', media_ids: [first.body.media_id] },
      headers: { 'idempotency-key': randomBytes(8).toString('hex') },
    };
    const posts = await Promise.all([1, 2, 3, 4].map(() => alice.call('POST', '/posts', request)));
    const created = posts.filter(({ status }) => status === 201);
    assert.ok(created.length >= 1);
    assert.equal(new Set(created.map(({ body }) => body.post_id)).size, 1);
    assert.deepEqual(
      [...new Set(posts.map(({ status }) => status))].filter((status) => status !== 201 && status !== 409),
      [],
    );
  });

  it('that are none are refused with what would be right, and leave nothing behind', async () => {
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /is empty/],
      [
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        /must be a JPEG/,
      ],
      [Buffer.from('<html></html>'.repeat(100)), /must be a JPEG/],
      [Buffer.concat([Buffer.from('\0\0\0\x18ftypheic', 'latin1'), Buffer.alloc(100)]), /HEIC.*as a JPEG/],
    ];
    for (const [bytes, why] of cases) {
      const { status, body } = await upload(alice, bytes);
      assert.equal(status, 422);
      assert.equal(body.errors[0].field, 'file');
      assert.match(body.errors[0].message, why);
    }
    const large = await upload(alice, Buffer.concat([await noise(10, 10), Buffer.alloc(21_000_000)]));
    assert.deepEqual([large.status, large.body.errors[0].message], [422, 'must have at most 20 MiB.']);
    const announced = Buffer.concat([await noise(10, 10), Buffer.alloc(22_000_000)]);
    const refused = await upload(alice, announced);
    assert.deepEqual(
      [refused.status, refused.body.detail],
      [413, 'The file may have at most 20 MiB. Send a smaller one.'],
    );
    const untyped = await alice.call('POST', '/media', { body: { file: 'a' } });
    assert.deepEqual([untyped.status, untyped.body.detail], [415, 'Send the body as multipart/form-data.']);
    for (const [fields, field] of [
      [{ focus: '2,0' }, 'focus'],
      [{ alt: 'a'.repeat(1_501) }, 'alt'],
      [{ colour: 'red' }, 'colour'],
    ] as const) {
      const { status, body } = await upload(alice, await noise(10, 10), fields);
      assert.deepEqual([status, body.errors[0].field], [422, field]);
    }
    assert.equal((await send(alice, '/media', { alt: 'no file' })).body.errors[0].field, 'file');
    assert.equal((await alice.call('POST', '/media', { body: { alt: 'no form' } })).status, 415);
    await until(async () => !(await files()).includes('original'));
  });

  it('that are broken fail with a reason, while the server and other pictures go on', async () => {
    const whole = await noise(400, 300);
    const broken = await ready(alice, whole.subarray(0, whole.length / 2));
    assert.deepEqual([broken.state, broken.url], ['failed', null]);
    assert.match(broken.failure, /cut off/);
    const polyglot = await ready(alice, Buffer.concat([whole, Buffer.from('<script>alert(1)</script>')]));
    assert.equal(polyglot.state, 'ready');
    const served = Buffer.from(await (await fetch(polyglot.url)).arrayBuffer());
    assert.doesNotMatch(served.toString('latin1'), /script/);
    const { body } = await alice.call('POST', '/posts', {
      body: { text: 'a', media_ids: [broken.media_id] },
    });
    assert.match(body.errors[0].message, /failed/);
  });

  it('are posted as photos in one call, liked, commented on, listed and deleted', async () => {
    const dave = await client.signUp('dave');
    const bytes = await noise(700, 500);
    const fields = { caption: 'At the #sea', tags: 'sea, Sunset', alt: 'Waves' };
    const key = { 'idempotency-key': randomBytes(8).toString('hex') };
    const photo = await send(dave, '/photos', { file: new Blob([bytes]), ...fields }, key);
    assert.equal(photo.status, 201, JSON.stringify(photo.body));
    const { photo_id: photoId, caption, tags, alt, state, url, thumbnail_url: thumbnail } = photo.body;
    assert.deepEqual([caption, tags, alt], ['At the #sea\n\n#Sunset', ['sea', 'sunset'], 'Waves']);
    assert.ok(url && thumbnail && photo.body.created_at && ['processing', 'ready'].includes(state));
    const again = await send(dave, '/photos', { file: new Blob([bytes]), ...fields }, key);
    assert.deepEqual(again.body, photo.body);
    const isReady = async (id: string) => (await dave.get(`/photos/${id}`)).state === 'ready';
    await until(() => isReady(photoId));
    assert.equal((await fetch(thumbnail)).status, 200);
    assert.equal((await fetch(url)).status, 200);

    assert.deepEqual(await bob.post(`/photos/${photoId}/like`), { liked: true, like_count: 1 });
    assert.deepEqual(await bob.post(`/photos/${photoId}/like`), { liked: true, like_count: 1 });
    const comment = await bob.post(`/photos/${photoId}/comments`, { body: { text: 'Lovely' } });
    assert.equal(comment.reply_to_id, photoId);
    const comments = await dave.get(`/photos/${photoId}/comments`);
    assert.deepEqual(
      comments.items.map(({ text }: Json) => text),
      ['Lovely'],
    );
    const seen = await bob.get(`/photos/${photoId}`);
    assert.deepEqual([seen.liked, seen.like_count, seen.comment_count], [true, 1, 1]);
    const unliked = await bob.call('DELETE', `/photos/${photoId}/like`);
    assert.deepEqual(unliked.body, { liked: false, like_count: 0 });

    const more: string[] = [photoId];
    for (let index = 0; index < 4; index += 1) {
      const { body } = await send(dave, '/photos', { file: new Blob([await noise(40, 40 + index)]) });
      more.unshift(body.photo_id);
    }
    await dave.post('/posts', { body: { text: 'no photo' } });
    // So that two looks at them see the same.
    for (const id of more) await until(() => isReady(id));
    const idsOf = ({ photos }: Json) => photos.map((each: Json) => each.photo_id);
    assert.deepEqual(idsOf(await bob.get(`/users/${dave.userId}/photos`)), more);
    await bob.put(`/users/${dave.userId}/follow`);
    const first = await bob.get('/feed?type=photos&limit=2');
    assert.deepEqual(idsOf(first), more.slice(0, 2));
    const second = await bob.get(`/feed?type=photos&limit=2&page_token=${first.next_page_token}`);
    assert.deepEqual(idsOf(second), more.slice(2, 4));
    assert.deepEqual(await bob.get('/feed?type=photos&page=2&limit=2'), second);
    assert.deepEqual(idsOf(await bob.get('/feed?type=photos&page=50&limit=2')), []);
    assert.equal((await bob.call('GET', '/feed?type=photos&page=51')).status, 422);
    assert.equal((await bob.call('GET', '/feed?page=2')).status, 422);

    assert.equal((await bob.call('DELETE', `/photos/${photoId}`)).status, 403);
    assert.equal((await dave.call('DELETE', `/photos/${photoId}`)).status, 204);
    assert.equal((await dave.call('GET', `/photos/${photoId}`)).status, 404);
    await until(async () => (await fetch(url)).status === 404);
    const hidden = await send(dave, '/photos', { file: new Blob([bytes]), visibility: 'followers' });
    const carol = await client.signUp('carol');
    for (const path of ['', '/comments']) {
      assert.equal((await carol.call('GET', `/photos/${hidden.body.photo_id}${path}`)).status, 404);
    }
    assert.equal((await carol.call('POST', `/photos/${hidden.body.photo_id}/like`)).status, 404);
    assert.equal((await bob.call('GET', `/photos/${comment.post_id}`)).status, 404, 'a post is no photo');
    for (const [wrong, field] of [
      [{ visibility: 'nobody' }, 'visibility'],
      [{ tags: 'two words' }, 'tags'],
      [{ caption: 'a'.repeat(281) }, 'caption'],
    ] as const) {
      const { status, body } = await send(dave, '/photos', { file: new Blob([bytes]), ...wrong });
      assert.deepEqual([status, body.errors?.[0]?.field], [422, field]);
    }
  });

  it('go with their post, from the disk too', async () => {
    await until(async () => !(await files()).includes('original'));
    const media = await ready(bob, await noise(1_200, 900));
    const post = await bob.post('/posts', { body: { text: 'a', media_ids: [media.media_id] } });
    const { url } = post.media[0];
    const before = (await files()).length;
    await bob.call('DELETE', `/posts/${post.post_id}`);
    await until(async () => (await files()).length <= before - 10);
    assert.equal((await fetch(url)).status, 404);
    assert.equal((await bob.call('GET', `/media/${media.media_id}`)).status, 404);
  });

  it('are on the profile of their owner, wherever that is shown, until others follow', async () => {
    const erin = await client.signUp('erin');
    const [first, second] = [
      await ready(erin, await noise(900, 600)),
      await upload(erin, await noise(640, 480)),
    ];
    const header = await upload(erin, await noise(2_000, 900));
    const pick = async (body: Json) => {
      const answer = await erin.call('PATCH', '/users/me', { body });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer.body;
    };
    const shown = async (field: string, isRight: (url: string | null) => boolean) => {
      let user: Json;
      await until(async () => {
        user = await bob.get(`/users/${erin.userId}`);
        return isRight(user[field]);
      });
      return user[field];
    };
    const sizeOf = async (url: string, accept: string) => {
      const answer = await fetch(url, { headers: { accept } });
      const { format, width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      return [answer.headers.get('cache-control'), format, width, height];
    };
    await bob.put(`/users/${erin.userId}/follow`);
    const post = await erin.post('/posts', { body: { text: 'Here I am, bob' } });
    await pick({ avatar_media_id: first.media_id, header_media_id: header.body.media_id });
    const firstUrl = await shown('avatar_url', (url) => url !== null);
    const cutAway = await fetch(`${firstUrl}`.replace(/avatar$/, 'full'));
    assert.equal(cutAway.status, 404, "what was cut away is nobody else's");
    const forGood = 'public, max-age=31536000, immutable';
    assert.deepEqual(await sizeOf(firstUrl, '*/*'), [forGood, 'jpeg', 400, 400]);
    assert.deepEqual(await sizeOf(firstUrl, 'image/webp'), [forGood, 'webp', 400, 400]);
    const headerUrl = await shown('header_url', (url) => url !== null);
    assert.deepEqual(await sizeOf(headerUrl, 'image/webp'), [forGood, 'webp', 1_500, 500]);
    for (const [where, authorOf] of [
      ['/feed', ({ items }: Json) => items.find((each: Json) => each.post_id === post.post_id)?.author],
      [`/posts/${post.post_id}`, ({ author }: Json) => author],
      [`/search?type=users&q=${erin.username}`, ({ items }: Json) => items[0]],
      [
        `/users/${bob.userId}/following`,
        ({ items }: Json) => items.find((each: Json) => each.user_id === erin.userId),
      ],
    ] as const) {
      await until(async () => authorOf(await bob.get(where))?.avatar_url === firstUrl);
    }

    assert.equal((await erin.get(`/media/${first.media_id}`)).purpose, 'avatar');
    assert.equal((await erin.call('DELETE', `/media/${first.media_id}`)).status, 409);
    await pick({ avatar_media_id: second.body.media_id });
    const secondUrl = await shown('avatar_url', (url) => url !== firstUrl);
    assert.deepEqual(await sizeOf(secondUrl, '*/*'), [forGood, 'jpeg', 400, 400]);
    await until(async () => (await fetch(firstUrl)).status === 404);
    assert.equal((await erin.call('GET', `/media/${first.media_id}`)).status, 404);
    const gone = await pick({ header_media_id: null });
    assert.deepEqual([gone.header_url, gone.header_media_id], [null, null]);
    await until(async () => (await fetch(headerUrl)).status === 404);

    const theirs = await upload(bob, await noise(30, 30));
    const refused = await erin.call('PATCH', '/users/me', {
      body: { avatar_media_id: theirs.body.media_id },
    });
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, 'avatar_media_id']);
    const poison = await upload(erin, (await noise(400, 300)).subarray(0, 5_000));
    await erin.call('PATCH', '/users/me', { body: { avatar_media_id: poison.body.media_id } });
    assert.equal((await processed(erin, poison.body.media_id)).state, 'failed');
    await until(async () => (await erin.get('/users/me')).avatar_media_id === second.body.media_id);
    assert.equal((await erin.get('/users/me')).avatar_url, secondUrl, 'what failed leaves the one before');

    await erin.call('DELETE', '/users/me', { body: { password: erin.password } });
    await until(async () => (await fetch(secondUrl)).status === 404);
  });

  it('go with their owner', async () => {
    const carol = await client.signUp('carol');
    const media = await ready(carol, await noise(300, 300));
    const unused = await ready(carol, await noise(301, 300));
    const post = await carol.post('/posts', { body: { text: 'a', media_ids: [media.media_id] } });
    const gone = [post.media[0].url, unused.url];
    for (const url of gone) assert.equal((await fetch(url)).status, 200);
    await carol.call('DELETE', '/users/me', { body: { password: carol.password } });
    await until(async () => {
      const statuses = await Promise.all(gone.map(async (url) => (await fetch(url)).status));
      return statuses.every((status) => status === 404);
    });
  });

  it('come back from a backup with their posts', async (t) => {
    const media = await ready(bob, await noise(900, 700));
    const post = await bob.post('/posts', { body: { text: 'to be kept', media_ids: [media.media_id] } });
    const bytes = Buffer.from(await (await fetch(post.media[0].url)).arrayBuffer());
    const young = await createServerHome();
    t.after(() => young.close());
    const folder = path.join(young.dataFolder, 'backup');
    const backup = await runCommand(['backup', '--data', home.dataFolder, '--to', folder]);
    assert.equal(backup.code, 0, backup.stderr);
    assert.match(backup.stdout, /[\d,]+ blobs/);
    const data = path.join(young.dataFolder, 'data');
    const restored = await runCommand(['restore', '--data', data, '--from', folder]);
    assert.equal(restored.code, 0, restored.stderr);
    const old = server;
    t.after(() => {
      server = old;
    });
    server = await young.start({ GROUNDSWELL_DATA: data });
    const [shown] = (await bob.get(`/posts/${post.post_id}`)).media;
    assert.deepEqual(Buffer.from(await (await fetch(shown.url)).arrayBuffer()), bytes);
    await server.stop();
  });

  it('hold up nobody while many arrive at once', async () => {
    const bytes = await noise(800, 600);
    const uploads = Array.from({ length: 30 }, () => upload(alice, bytes).catch(() => undefined));
    const done = (await Promise.all(uploads)).filter((each) => each?.status === 201);
    assert.equal(done.length, 30);
    for (const each of done) await processed(alice, each?.body.media_id);
  });
});
