/** What every blob-store promises, wherever it keeps the bytes. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { type BlobStore, type ByteRange, deleteBlobsOf } from './blob-store.ts';

export interface BlobStoreContractDeps {
  open(): Promise<{ readonly blobStore: BlobStore; close(): Promise<void> }>;
}

const LIMIT = { bytesMax: 1_000_000 };

export function blobStoreContract(name: string, deps: BlobStoreContractDeps): void {
  describe(`${name} is a blob-store`, () => {
    let blobStore: BlobStore;
    let close: () => Promise<void>;
    before(async () => ({ blobStore, close } = await deps.open()));
    after(() => close());

    const putText = (blob: string, text: string) => blobStore.put(blob, chunks(text), LIMIT);

    it('gives back what was put, and says how much and what it was', async () => {
      const blob = newName();
      const bytes = randomBytes(300_000);
      const stored = await blobStore.put(blob, chunks(bytes.subarray(0, 7), bytes.subarray(7)), LIMIT);
      assert.deepEqual(stored, { bytes: 300_000, sha256: createHash('sha256').update(bytes).digest('hex') });
      assert.deepEqual(await read(blobStore, blob), bytes);
      const head = await blobStore.head(blob);
      assert.equal(head?.bytes, 300_000);
      assert.ok(Math.abs((head?.createdMs ?? 0) - Date.now()) < 60_000);
    });

    it('keeps an empty blob, too', async () => {
      const blob = newName();
      assert.equal((await putText(blob, '')).bytes, 0);
      assert.equal((await read(blobStore, blob))?.length, 0);
    });

    it('gives back ranges, cut at the end of the blob', async () => {
      const blob = newName();
      await putText(blob, '0123456789');
      const part = async (range: ByteRange) => String(await read(blobStore, blob, range));
      assert.equal(await part({ first: 0, last: 0 }), '0');
      assert.equal(await part({ first: 3, last: 5 }), '345');
      assert.equal(await part({ first: 8, last: 100 }), '89');
      assert.equal(await part({ first: 10, last: 20 }), '');
      const found = await blobStore.get(blob, { first: 3, last: 5 });
      assert.equal(found?.bytes, 10);
      found.content.destroy();
    });

    it('has nothing under a name that was never put, and deletes it without complaint', async () => {
      const blob = newName();
      assert.equal(await blobStore.get(blob), undefined);
      assert.equal(await blobStore.head(blob), undefined);
      await blobStore.delete(blob);
    });

    it('refuses a name that is taken, and keeps what is there', async () => {
      const blob = newName();
      await putText(blob, 'first');
      await assert.rejects(putText(blob, 'second'), isNotApplied('conflict'));
      assert.equal(String(await read(blobStore, blob)), 'first');
    });

    it('lets one of many win who put under a name at the same time', async () => {
      const blob = newName();
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) => putText(blob, `${index}`)),
      );
      const winners = tries.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
      assert.equal(winners.length, 1);
      assert.equal(String(await read(blobStore, blob)), `${winners[0]}`);
    });

    it('takes as many bytes as it may, and stores nothing of one more', async () => {
      const blob = newName();
      await blobStore.put(blob, chunks('12345', '67890'), { bytesMax: 10 });
      const larger = newName();
      const put = blobStore.put(larger, chunks('12345', '678901'), { bytesMax: 10 });
      await assert.rejects(put, isNotApplied('invalid'));
      assert.equal(await blobStore.head(larger), undefined);
    });

    it('stores nothing of a content that fails, and fails as that does', async () => {
      const blob = newName();
      const broken = new Error('the line broke');
      async function* half(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        throw broken;
      }
      await assert.rejects(blobStore.put(blob, half(), LIMIT), (error) => error === broken);
      assert.equal(await blobStore.head(blob), undefined);
    });

    it('stores nothing once its caller gives up', async () => {
      const blob = newName();
      const given = new AbortController();
      async function* slow(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        given.abort(new Error('given up'));
        yield Buffer.from('other half');
      }
      await assert.rejects(blobStore.put(blob, slow(), { ...LIMIT, signal: given.signal }), /given up/);
      assert.equal(await blobStore.head(blob), undefined);
    });

    it('shows nothing of a blob before it is complete', async () => {
      const blob = newName();
      async function* watched(): AsyncGenerator<Buffer> {
        yield Buffer.from('half');
        assert.equal(await blobStore.head(blob), undefined);
        assert.deepEqual(await blobStore.list({ key: keyOf(blob), limit: 10 }), []);
        yield Buffer.from('other half');
      }
      await blobStore.put(blob, watched(), LIMIT);
      assert.equal(String(await read(blobStore, blob)), 'halfother half');
    });

    it('has nothing any more under a name that was deleted, which can be put again', async () => {
      const blob = newName();
      await putText(blob, 'first');
      await blobStore.delete(blob);
      assert.equal(await blobStore.get(blob), undefined);
      assert.deepEqual(await blobStore.list({ key: keyOf(blob), limit: 10 }), []);
      await putText(blob, 'second');
      assert.equal(String(await read(blobStore, blob)), 'second');
    });

    it('reads to its end what is deleted meanwhile', async () => {
      const blob = newName();
      const bytes = randomBytes(500_000);
      await blobStore.put(blob, chunks(bytes), LIMIT);
      const found = await blobStore.get(blob);
      await blobStore.delete(blob);
      assert.deepEqual(await bytesOf(found?.content), bytes);
    });

    it('lists the blobs of a key, in the order of their names, a page at a time', async () => {
      const key = newKey();
      for (const file of ['b.webp', 'a.jpg', 'a-b', 'a']) await putText(`${key}/${file}`, file);
      await putText(newName(), 'another key');
      const whole = await blobStore.list({ key, limit: 1_000 });
      const names = ['a', 'a-b', 'a.jpg', 'b.webp'].map((file) => `${key}/${file}`);
      assert.deepEqual(
        whole.map(({ name: listed }) => listed),
        names,
      );
      assert.deepEqual(
        whole.map(({ bytes }) => bytes),
        [1, 3, 5, 6],
      );
      const first = await blobStore.list({ key, limit: 3 });
      const rest = await blobStore.list({ key, after: first.at(-1)?.name, limit: 3 });
      assert.deepEqual(
        [...first, ...rest].map(({ name: listed }) => listed),
        names,
      );
    });

    it('lists all blobs once, in the order of their names', async () => {
      const put = new Set<string>();
      for (let index = 0; index < 40; index += 1) {
        const blob = newName();
        put.add(blob);
        await putText(blob, '');
      }
      const listed: string[] = [];
      for (let after: string | undefined; ; after = listed.at(-1)) {
        const page = await blobStore.list({ after, limit: 7 });
        listed.push(...page.map(({ name: each }) => each));
        if (page.length < 7) break;
      }
      assert.deepEqual(listed, [...new Set(listed)].sort());
      assert.deepEqual(
        listed.filter((each) => put.has(each)),
        [...put].sort(),
      );
    });

    it('removes all that belongs to a key, and nothing else', async () => {
      const [key, other] = [newKey(), newName()];
      for (const file of ['a', 'b', 'c']) await putText(`${key}/${file}`, file);
      await putText(other, 'stays');
      assert.equal(await deleteBlobsOf(blobStore, key), 3);
      assert.deepEqual(await blobStore.list({ key, limit: 10 }), []);
      assert.equal(String(await read(blobStore, other)), 'stays');
      assert.equal(await deleteBlobsOf(blobStore, key), 0);
    });

    it('keeps what is put while the last blob of its key is deleted', async () => {
      for (let round = 0; round < 30; round += 1) {
        const key = newKey();
        await putText(`${key}/old`, 'old');
        await Promise.all([blobStore.delete(`${key}/old`), putText(`${key}/new`, 'new')]);
        assert.equal(String(await read(blobStore, `${key}/new`)), 'new');
      }
    });

    it('lets clients put a blob of a length by themselves, once, or says that they cannot', async () => {
      const blob = newName();
      const presigned = await blobStore.presignPut(blob, { bytes: 10, expiresS: 60 });
      if (presigned === undefined) return;
      const { url, headers } = presigned;
      const put = async (body: string, to = url) =>
        (await fetch(to, { method: 'PUT', headers: sent(body), body })).status;
      // The client says how long it is, whatever it was told to say.
      const sent = (body: string) => ({ ...headers, 'content-length': String(body.length) });
      assert.equal(await put('012345678'), 403);
      assert.equal(await put('0123456789a'), 403);
      assert.equal(await put('0123456789', url.replace(blob, newName())), 403);
      assert.equal(await blobStore.head(blob), undefined);
      assert.equal(await put('0123456789'), 200);
      assert.equal(String(await read(blobStore, blob)), '0123456789');
      assert.equal(await put('9876543210'), 412);
      assert.equal(String(await read(blobStore, blob)), '0123456789');
    });

    it('refuses names that lead elsewhere', async () => {
      const key = newKey();
      for (const bad of [
        '../../etc/passwd',
        `${key}/../x`,
        `${key}/.x`,
        `${key}/A`,
        `${key}/`,
        `/${key}/a`,
        key,
      ]) {
        await assert.rejects(putText(bad, 'x'), /is no name of a blob/);
        await assert.rejects(async () => blobStore.get(bad), /is no name of a blob/);
      }
    });
  });
}

export function newKey(): string {
  return randomBytes(16).toString('hex');
}

function newName(): string {
  return `${newKey()}/original`;
}

function keyOf(blob: string): string {
  return blob.split('/')[0] ?? '';
}

export async function* chunks(...parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function read(blobStore: BlobStore, blob: string, range?: ByteRange): Promise<Buffer | undefined> {
  const found = await blobStore.get(blob, range);
  return found === undefined ? undefined : bytesOf(found.content);
}

async function bytesOf(content: AsyncIterable<Buffer> | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of content ?? []) parts.push(chunk);
  return Buffer.concat(parts);
}

function isNotApplied(code: 'conflict' | 'invalid'): (error: unknown) => boolean {
  return (error) => hasCode(error, code) && error.outcome === 'not_applied';
}
