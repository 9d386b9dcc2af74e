import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../core/clock.ts';
import { composeId, ID_MAX, type Id } from '../../core/ids.ts';
import {
  INDEX_BATCH_MAX,
  type IndexedPost,
  type IndexedUser,
  type PostQuery,
  type SearchIndex,
  type TagPosition,
  type UserPosition,
  type ViewerCircle,
} from './search-index.ts';

const EPOCH_MS = Date.UTC(2025, 0, 1);
const postId = (number: number): Id => composeId(EPOCH_MS + number * 1_000, 1, 0);
const userId = (number: number): Id => composeId(EPOCH_MS - 1_000_000 + number, 2, 0);
const [ALICE, BOB, CAROL] = [userId(1), userId(2), userId(3)];
const NOBODY: ViewerCircle = { viewerId: undefined, followeeIds: [], hiddenIds: [] };

export function searchIndexContract(
  name: string,
  deps: {
    /** Once. */
    open(): Promise<SearchIndex>;
    /** Makes it empty. */
    clear(): Promise<void>;
    close(): Promise<void>;
  },
): void {
  describe(`${name} is a search index`, () => {
    let index: SearchIndex;
    before(async () => {
      index = await deps.open();
    });
    beforeEach(() => deps.clear());
    after(() => deps.close());

    const post = (number: number, text: string, fields: Partial<IndexedPost> = {}): IndexedPost => ({
      ...{ postId: postId(number), authorId: ALICE, text, language: null, visibility: 'public' },
      ...{ audienceIds: [], tags: [], version: 0 },
      ...fields,
    });
    const user = (id: Id, username: string, displayName = username): IndexedUser => {
      return { userId: id, username, displayName, hidden: false, version: 1 };
    };
    const settle = (): Promise<void> => systemClock.sleep(index.searchableAfterMs);

    async function put(...posts: readonly IndexedPost[]): Promise<void> {
      await index.indexPosts(posts);
      await settle();
    }

    const asQuery = (query: string | Partial<PostQuery>): PostQuery => {
      const words = typeof query === 'string' ? query.split(' ') : [];
      const terms = words.map((text) => ({ text, exact: false }));
      return { terms, excludedTerms: [], tags: [], ...(typeof query === 'string' ? {} : query) };
    };
    /** The numbers of the posts of one page. */
    async function found(query: string | Partial<PostQuery>, circle = NOBODY): Promise<number[]> {
      const page = await index.searchPosts(asQuery(query), circle, { before: ID_MAX, limit: 100 });
      return page.items.map(numberOf);
    }
    const exact = (...phrases: readonly string[]) => phrases.map((text) => ({ text, exact: true }));

    describe('of posts', () => {
      it('finds those with all the words, newest first, whatever case, accents and marks', async () => {
        await put(post(1, 'The night train'), post(2, 'TRAIN, night; (café)!'), post(3, 'night only'));
        assert.deepEqual(await found('train night'), [2, 1]);
        assert.deepEqual(await found('CAFE'), [2]);
        assert.deepEqual(await found('nowhere'), []);
        assert.deepEqual(await found('nigh'), []);
      });

      it('finds other forms of a word in the language of the post, and only there', async () => {
        await put(
          post(1, 'She was running late', { language: 'en-GB' }),
          post(2, 'Die Häuser am Fluss', { language: 'de' }),
          post(3, 'running', { language: 'de' }),
          post(4, 'Красивые дома', { language: 'ru' }),
          post(5, 'running', { language: 'tlh' }),
        );
        assert.deepEqual(await found('runs'), [1]);
        assert.deepEqual(await found('running'), [5, 3, 1]);
        assert.deepEqual(await found('haus'), [2]);
        assert.deepEqual(await found('красивый'), [4]);
        assert.deepEqual(await found({ terms: exact('runs') }), []);
        assert.deepEqual(await found({ terms: exact('running') }), [5, 3, 1]);
      });

      it('finds words that a language leaves out', async () => {
        await put(post(1, 'the who', { language: 'en' }));
        assert.deepEqual(await found('who'), [1]);
      });

      it('finds phrases, and leaves out what must not be there', async () => {
        await put(post(1, 'the night train is late'), post(2, 'a train by night'), post(3, 'night, train!'));
        assert.deepEqual(await found({ terms: exact('night train') }), [3, 1]);
        assert.deepEqual(await found('night-train'), [3, 1]);
        assert.deepEqual(await found({ ...asQuery('train'), excludedTerms: exact('late') }), [3, 2]);
        assert.deepEqual(await found({ ...asQuery('train'), excludedTerms: exact('night train') }), [2]);
      });

      it('finds any part of a text without spaces', async () => {
        await put(
          post(1, '昨日は東京都に行きました。'),
          post(2, '京都は東'),
          post(3, 'ฉันชอบรถไฟมาก'),
          post(4, '서울에서 만나요'),
        );
        assert.deepEqual(await found('東京'), [1]);
        assert.deepEqual(await found('東京都'), [1]);
        assert.deepEqual(await found('京都'), [2, 1]);
        assert.deepEqual(await found('東'), [2, 1]);
        assert.deepEqual(await found('た'), [1]);
        assert.deepEqual(await found('รถไฟ'), [3]);
        assert.deepEqual(await found('서울'), [4]);
        assert.deepEqual(await found('大阪'), []);
      });

      it('finds by tag, author and time', async () => {
        await put(
          post(1, '#Café au lait', { tags: ['café'] }),
          post(2, 'lait', { authorId: BOB }),
          post(3, 'café lait', { authorId: BOB }),
        );
        assert.deepEqual(await found({ tags: ['cafe'] }), [1]);
        assert.deepEqual(await found({ authorId: BOB }), [3, 2]);
        assert.deepEqual(await found({ ...asQuery('cafe'), authorId: BOB }), [3]);
        assert.deepEqual(await found({ ...asQuery('lait'), from: postId(2) }), [3, 2]);
      });

      it('takes no text for a tag, an author or an operator', async () => {
        await put(post(1, 'plain', { tags: ['plain'] }), post(2, "it's a \\ 'quote' & ! | (x) <-> y:*"));
        assert.deepEqual(await found(`@${ALICE}`), []);
        assert.deepEqual(await found("'quote'"), [2]);
        assert.deepEqual(await found("it's"), [2]);
        assert.deepEqual(await found('y:*'), [2]);
        assert.deepEqual(await found('\\'), []);
        assert.deepEqual(await found({ tags: ["'a' | 'b'"] }), []);
      });

      it('finds nothing without anything to look for', async () => {
        await put(post(1, 'word'));
        assert.deepEqual(await found({}), []);
        assert.deepEqual(await found('!!!'), []);
        assert.deepEqual(await found({ excludedTerms: exact('other') }), []);
      });

      it('shows each post only to those who may see it', async () => {
        const audienceIds = [CAROL];
        await put(
          post(1, 'word', { visibility: 'public' }),
          post(2, 'word', { visibility: 'unlisted', audienceIds }),
          post(3, 'word', { visibility: 'followers', audienceIds }),
          post(4, 'word', { visibility: 'direct', audienceIds }),
        );
        const circle = (viewerId: Id, ...followeeIds: Id[]) => ({ viewerId, followeeIds, hiddenIds: [] });
        assert.deepEqual(await found('word'), [1]);
        assert.deepEqual(await found('word', circle(ALICE)), [4, 3, 2, 1]);
        assert.deepEqual(await found('word', circle(BOB)), [1]);
        assert.deepEqual(await found('word', circle(BOB, ALICE)), [3, 1]);
        assert.deepEqual(await found('word', circle(CAROL)), [4, 3, 1]);
        assert.deepEqual(await found('word', { ...circle(CAROL, ALICE), hiddenIds: [ALICE] }), []);
      });

      it('shows nothing of users who are hidden or removed', async () => {
        await put(post(1, 'word'), post(2, 'word', { authorId: BOB }));
        await index.indexUsers([user(ALICE, 'alice'), { ...user(BOB, 'bob'), hidden: true }]);
        await settle();
        assert.deepEqual(await found('word'), [1]);
        await index.indexUsers([{ ...user(BOB, 'bob'), version: 2 }]);
        await index.removeUsers([ALICE]);
        await settle();
        assert.deepEqual(await found('word'), [2]);
      });

      it('leaves hidden who is hidden when nothing is said of that', async () => {
        await put(post(1, 'word'));
        const [hidden, silent] = [
          { ...user(ALICE, 'alice'), hidden: true },
          { ...user(ALICE, 'alicia'), hidden: undefined },
        ];
        await index.indexUsers([hidden, { ...silent, version: 2 }]);
        await index.indexUsers([{ ...silent, version: 3 }]);
        await settle();
        assert.deepEqual(await found('word'), []);
        await index.indexUsers([{ ...user(ALICE, 'alicia'), version: 3 }]);
        await settle();
        assert.deepEqual(await found('word'), [1]);
      });

      it('keeps the latest state, in whatever order and however often it is told', async () => {
        await put(post(1, 'second', { version: 20 }), post(1, 'first', { version: 10 }));
        await put(post(1, 'original'));
        assert.deepEqual(await found('second'), [1]);
        assert.deepEqual(await found('first'), []);
        await put(post(1, 'third', { version: 30 }), post(1, 'third', { version: 30 }));
        assert.deepEqual(await found('second'), []);
        assert.deepEqual(await found('third'), [1]);
      });

      it('never brings back what was removed, also when it was removed before it was there', async () => {
        await put(post(1, 'word', { tags: ['word'] }));
        await index.removePosts([
          { postId: postId(1), authorId: ALICE },
          { postId: postId(2), authorId: ALICE },
        ]);
        await put(post(1, 'word', { version: 99 }), post(2, 'word', { tags: ['word'] }));
        assert.deepEqual(await found('word', { ...NOBODY, viewerId: ALICE }), []);
        assert.deepEqual(await index.searchTags('word', { after: undefined, limit: 5 }), {
          tags: [],
          next: undefined,
        });
        assert.deepEqual(await index.missingPosts([postId(1), postId(2), postId(3)]), [postId(3)]);
      });

      it('pages so that what is written meanwhile neither repeats nor hides a post', async () => {
        await put(...Array.from({ length: 25 }, (_, number) => post(number, 'word')));
        const walked: number[] = [];
        let before: Id | undefined = ID_MAX;
        for (let page = 0; before !== undefined; page += 1) {
          const hits = await index.searchPosts(asQuery('word'), NOBODY, { before, limit: 10 });
          walked.push(...hits.items.map(numberOf));
          before = hits.nextBefore;
          await put(post(100 + page, 'word'));
        }
        assert.deepEqual(
          walked,
          Array.from({ length: 25 }, (_, number) => 24 - number),
        );
      });

      it('finds the old and rare below very many others', async () => {
        await put(post(0, 'needle in the haystack'), post(1, 'hay'));
        for (let batch = 0; batch < 3; batch += 1) {
          await put(
            ...Array.from({ length: INDEX_BATCH_MAX }, (_, place) =>
              post(2 + batch * INDEX_BATCH_MAX + place, 'hay'),
            ),
          );
        }
        assert.deepEqual(await found('needle'), [0]);
        assert.equal((await found('hay')).length, 100);
        await assert.rejects(put(...Array.from({ length: INDEX_BATCH_MAX + 1 }, () => post(1, 'hay'))));
      });
    });

    describe('of users', () => {
      async function names(
        text: string,
        { circle = NOBODY, limit = 10 }: { circle?: ViewerCircle; limit?: number } = {},
      ): Promise<Id[]> {
        return (await index.searchUsers(text, circle, { after: undefined, limit })).userIds.slice();
      }

      it('finds by the beginnings of words of their names, the most followed first', async () => {
        await index.indexUsers([
          user(ALICE, 'alice_smith', 'Älice'),
          user(BOB, 'bob', 'Smith, Bob'),
          user(CAROL, 'carol'),
        ]);
        await index.rankUsers(
          new Map([
            [BOB, 10],
            [ALICE, 5],
            [userId(9), 100],
          ]),
        );
        await settle();
        assert.deepEqual(await names('smi'), [BOB, ALICE]);
        assert.deepEqual(await names('ALI'), [ALICE]);
        assert.deepEqual(await names('alice smith'), [ALICE]);
        assert.deepEqual(await names('bob s'), [BOB]);
        assert.deepEqual(await names('ith'), []);
        assert.deepEqual(await names(''), [BOB, ALICE, CAROL]);
        assert.deepEqual(await names('??'), []);
      });

      it('puts the exact name first, then whom the viewer follows', async () => {
        const [dan, danny, daniel] = [userId(11), userId(12), userId(13)];
        await index.indexUsers([user(dan, 'dan'), user(danny, 'danny'), user(daniel, 'daniel')]);
        await index.rankUsers(
          new Map([
            [daniel, 50],
            [danny, 1],
          ]),
        );
        await settle();
        const circle = { viewerId: CAROL, followeeIds: [danny], hiddenIds: [] };
        assert.deepEqual(await names('dan'), [dan, daniel, danny]);
        assert.deepEqual(await names('dan', { circle }), [dan, danny, daniel]);
        assert.deepEqual(await names('dan', { circle: { ...circle, hiddenIds: [dan, danny] } }), [daniel]);
      });

      it('finds similar names where there is none that begins so', async () => {
        await index.indexUsers([user(ALICE, 'alexander'), user(BOB, 'bob')]);
        await settle();
        assert.deepEqual(await names('alexandre'), [ALICE]);
        assert.deepEqual(await names('zzzzzz'), []);
      });

      it('finds nobody who is hidden or removed, and never brings back who was removed', async () => {
        await index.indexUsers([{ ...user(ALICE, 'alice'), hidden: true }, user(BOB, 'alina')]);
        await index.removeUsers([BOB]);
        await index.indexUsers([{ ...user(BOB, 'alina'), version: 9_999 }]);
        await settle();
        assert.deepEqual(await names('ali'), []);
        assert.deepEqual(await names('alice'), []);
        assert.deepEqual(await names('alicia'), []);
        assert.deepEqual(await index.missingUsers([ALICE, BOB, CAROL]), [CAROL]);
      });

      it('pages through all groups, each user once, while others come', async () => {
        const all = Array.from({ length: 30 }, (_, number) => userId(100 + number));
        await index.indexUsers(all.map((id, number) => user(id, `dan${number === 0 ? '' : `_${number}`}`)));
        await index.rankUsers(new Map(all.map((id, number) => [id, number % 7])));
        await settle();
        const circle = { viewerId: CAROL, followeeIds: all.slice(10, 16), hiddenIds: all.slice(3, 5) };
        const walked: Id[] = [];
        let afterPosition: UserPosition | undefined;
        for (let page = 0; page === 0 || afterPosition !== undefined; page += 1) {
          const hits = await index.searchUsers('dan', circle, { after: afterPosition, limit: 4 });
          assert.ok(hits.userIds.length <= 4);
          walked.push(...hits.userIds);
          afterPosition = hits.next;
          await index.indexUsers([user(userId(500 + page), `bert${page}`)]);
          await settle();
        }
        const expected = all.filter((id) => !circle.hiddenIds.includes(id));
        assert.equal(walked[0], all[0]);
        assert.deepEqual(walked.slice(1, 7).toSorted(), circle.followeeIds.toSorted());
        assert.deepEqual(walked.toSorted(), expected.toSorted());
      });
    });

    describe('of tags', () => {
      it('finds those that begin so, the most used first, by public posts alone', async () => {
        await put(
          post(1, '', { tags: ['zürich', 'zug'] }),
          post(2, '', { tags: ['zug'] }),
          post(3, '', { tags: ['zugspitze'], visibility: 'followers' }),
        );
        const tags = async (prefix: string) =>
          (await index.searchTags(prefix, { after: undefined, limit: 10 })).tags.map((use) => [
            use.tag,
            use.useCount,
          ]);
        assert.deepEqual(await tags('z'), [
          ['zug', 2],
          ['zürich', 1],
        ]);
        assert.deepEqual(await tags('ZUR'), [['zürich', 1]]);
        assert.deepEqual(await tags('ug'), []);
        await put(
          post(2, '', { tags: ['zürich'], version: 5 }),
          post(1, '', { tags: ['zug', 'zürich'], version: 5 }),
        );
        assert.deepEqual(await tags('z'), [
          ['zürich', 2],
          ['zug', 1],
        ]);
        await index.removePosts([{ postId: postId(1), authorId: ALICE }]);
        await index.purge();
        await settle();
        assert.deepEqual(await tags('z'), [['zürich', 1]]);
      });

      it('pages through all of them', async () => {
        await put(
          ...Array.from({ length: 9 }, (_, number) =>
            post(number, '', { tags: [`t${number}`, `t${number % 3}x`] }),
          ),
        );
        const walked: string[] = [];
        let afterPosition: TagPosition | undefined;
        for (let page = 0; page === 0 || afterPosition !== undefined; page += 1) {
          const hits = await index.searchTags('t', { after: afterPosition, limit: 4 });
          walked.push(...hits.tags.map(({ tag }) => tag));
          afterPosition = hits.next;
        }
        assert.deepEqual(walked.slice(0, 3), ['t0x', 't1x', 't2x']);
        assert.equal(new Set(walked).size, 12);
        assert.equal(walked.length, 12);
      });
    });
  });
}

function numberOf(id: Id): number {
  return Math.round((id - postId(0)) / (postId(1) - postId(0)));
}
