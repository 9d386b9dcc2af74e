import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Answer } from '../../../../test/support/call-as.ts';
import { createFeedSetting, type FeedSetting } from '../../../../test/support/feed-setting.ts';
import { until } from '../../../../test/support/until.ts';
import type { Id } from '../../../core/ids.ts';
import { claimKey } from '../../../http/idempotency-queries.ts';
import { getVisiblePosts } from './posts-queries.ts';

let setting: FeedSetting;
let alice: Id;
let bob: Id;

before(async () => {
  setting = await createFeedSetting();
  alice = setting.addUser('alice');
  bob = setting.addUser('bob');
});
after(() => setting.close());

const post = (authorId: Id, text: string, key: string, fields: object = {}): Promise<Answer> =>
  setting.call('POST', '/posts', authorId, { text, ...fields }, { 'idempotency-key': key });
const replayed = ({ headers }: Answer): boolean => headers['idempotent-replayed'] === 'true';
const countPosts = (text: string): Promise<number> => setting.countRows('posts', `text = '${text}'`);

describe('concurrent posts', () => {
  it('are each written once, with what belongs to them, in few statements', async () => {
    const before = setting.statements();
    const authors = Array.from({ length: 20 }, (_, index) => setting.addUser(`author_${index}`));
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) => {
        const author = authors[index % authors.length] ?? alice;
        return setting.call('POST', '/posts', author, { text: `batch ${index} #batch @alice` });
      }),
    );
    assert.ok(answers.every(({ status }) => status === 201));
    const statements = setting.statements() - before;
    assert.ok(statements < 60, `${statements} statements for 400 posts`);
    assert.equal(await setting.countRows('posts', "text LIKE 'batch %'"), 400);
    assert.equal(await setting.countRows('post_tags', "tag = 'batch'"), 400);
    assert.equal(await setting.countRows('post_mentions', `user_id = ${alice}`), 400);
    assert.deepEqual(await setting.wrongCounts(), []);
    const ids = new Set(answers.map(({ body }) => body.post_id));
    const announced = (await setting.announced('posts')).filter(({ payload }) =>
      ids.has(String(payload['post_id'])),
    );
    assert.equal(announced.length, 400);
  });

  it('answer the same post at the same time and are all counted', async () => {
    const parent = await setting.post(alice, 'Ask me anything');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        setting.call('POST', '/posts', bob, { text: `question ${index}`, reply_to_id: parent }),
      ),
    );
    assert.ok(answers.every(({ status }) => status === 201));
    assert.equal((await setting.get(`/posts/${parent}`)).body.reply_count, 50);
  });
});

describe('a post whose parent goes while it waits to be written', () => {
  it('is not written, and its key is free', async () => {
    const parent = await setting.post(alice, 'about to go');
    const [row] = await setting.sql.query(getVisiblePosts, [null, [Number(parent)]]);
    assert.ok(row !== undefined);
    await setting.delete(`/posts/${parent}`, alice);
    const answering = {
      ...row,
      post_id: setting.ids.next(),
      reply_to_id: row.post_id,
      reply_to_user_id: alice,
    };
    const claim = { principalId: alice, key: 'key-of-late', fingerprint: Buffer.alloc(32) };
    const answer = { status: 201, body: '{}' };
    assert.equal(await setting.writer.write({ row: answering, claim, answer }), 'parent_gone');
    assert.equal(await setting.countRows('posts', `post_id = ${answering.post_id}`), 0);
    assert.equal((await post(alice, 'the key is free', 'key-of-late')).status, 201);
  });
});

describe('an Idempotency-Key on POST /posts', () => {
  it('answers the same bytes again and writes once', async () => {
    const first = await post(alice, 'once', 'key-1', { language: 'en' });
    const second = await setting.call(
      'POST',
      '/posts',
      alice,
      { language: 'en', text: 'once' },
      { 'idempotency-key': 'key-1' },
    );
    assert.equal(first.status, 201);
    assert.equal(second.status, 201);
    assert.equal(second.text, first.text);
    assert.deepEqual([replayed(first), replayed(second)], [false, true]);
    assert.equal(await countPosts('once'), 1);
  });

  it('is refused for another request, and is another one for another user', async () => {
    await post(alice, 'mine', 'key-2');
    const other = await post(alice, 'different', 'key-2');
    assert.equal(other.status, 422);
    assert.equal(other.body.errors[0].field, 'Idempotency-Key');
    assert.equal((await post(bob, 'different', 'key-2')).status, 201);
    assert.equal(await countPosts('different'), 1);
    assert.equal((await post(alice, 'mine', 'not visible')).status, 422);
  });

  it('answers as before when what the post answers has gone', async () => {
    const parent = await setting.post(bob, 'short-lived');
    const first = await post(alice, 'an answer', 'key-3', { reply_to_id: parent });
    await setting.delete(`/posts/${parent}`, bob);
    const second = await post(alice, 'an answer', 'key-3', { reply_to_id: parent });
    assert.equal(second.text, first.text);
    assert.ok(replayed(second));
    assert.equal((await post(alice, 'another', 'key-3', { reply_to_id: parent })).status, 422);
    assert.equal((await post(alice, 'another', 'key-4', { reply_to_id: parent })).status, 404);
  });

  it('writes once when many send it at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(alice, 'storm', 'key-5')));
    const created = answers.filter((answer) => answer.status === 201);
    assert.ok(created.length >= 1);
    assert.equal(new Set(created.map(({ text }) => text)).size, 1);
    assert.equal(created.filter((answer) => !replayed(answer)).length, 1);
    for (const { status, headers } of answers.filter((answer) => answer.status !== 201)) {
      assert.equal(status, 409);
      assert.equal(headers['retry-after'], '1');
    }
    assert.equal(await countPosts('storm'), 1);
  });

  it('is in flight while another transaction has claimed it, and does not hold up others', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let claimed = false;
    const holder = setting.sql.transaction(async (transaction) => {
      await transaction.query(claimKey, [alice, 'key-6']);
      claimed = true;
      await held;
    });
    await until(() => claimed);
    const [refused, ...others] = await Promise.all([
      post(alice, 'held', 'key-6'),
      post(alice, 'free', 'key-7'),
      setting.call('POST', '/posts', bob, { text: 'free too' }),
    ]);
    assert.equal(refused.status, 409);
    assert.ok(others.every(({ status }) => status === 201));
    release();
    await holder;
    assert.equal((await post(alice, 'held', 'key-6')).status, 201);
  });

  it('is not used up by a post that is refused', async () => {
    assert.equal((await post(alice, 'a'.repeat(281), 'key-8')).status, 422);
    assert.equal((await post(alice, 'shorter', 'key-8')).status, 201);
  });
});
