import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { User } from '../../../core/user.ts';
import { presentAuthor } from '../../../http/user-schema.ts';
import type { PostContent } from '../posts/post.ts';
import { presentContent, presentReactions } from '../posts/posts-routes.ts';
import type { TimelineEntry } from './timeline-entry.ts';
import { createPageWriter } from './timelines-routes.ts';

/** Few of each, and each one object, so that what was written comes again in other states. */
const USERS: readonly User[] = ['alice', 'Ωmega', 'bob'].map((displayName, index) => ({
  userId: 100 + index,
  username: `user${index}`,
  displayName,
  bio: '',
  avatarUrl: null,
  headerUrl: null,
  locked: false,
}));
const CONTENTS: readonly PostContent[] = ['plain', 'wörld 🌊 "quoted"\n'].map((text, index) => ({
  postId: 1 + index,
  text,
  visibility: 'public',
  contentWarning: null,
  language: 'en',
  replyToId: null,
  replyToUser: null,
  mentions: [{ userId: 100, username: 'user0' }],
  tags: ['tag'],
  editedAt: null,
  media: [],
}));

const count = fc.integer({ min: 0, max: 2 });
const entry: fc.Arbitrary<TimelineEntry> = fc.record({
  entryId: fc.constantFrom(1, 2, 900),
  content: fc.constantFrom(...CONTENTS),
  author: fc.constantFrom(...USERS),
  reactions: fc.record({
    likeCount: count,
    repostCount: count,
    replyCount: count,
    liked: fc.boolean(),
    reposted: fc.boolean(),
    bookmarked: fc.boolean(),
  }),
  repostedBy: fc.constantFrom(null, null, ...USERS),
});

const parsed = (byteText: string) => JSON.parse(Buffer.from(byteText, 'latin1').toString('utf8'));

const postOf = ({ content, author, reactions }: TimelineEntry) => ({
  ...presentContent(content),
  author: presentAuthor(author),
  ...presentReactions(reactions),
});

const itemOf = (shown: TimelineEntry) => ({
  ...postOf(shown),
  entry_id: String(shown.entryId),
  reposted_by: shown.repostedBy === null ? null : presentAuthor(shown.repostedBy),
});

describe('pages of posts', () => {
  it('say of each entry what it is now, whatever was written of its post before', () => {
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 8 }), (pages) => {
        const writer = createPageWriter();
        for (const items of pages) {
          const page = { items, nextBefore: items.at(-1)?.entryId };
          assert.deepEqual(parsed(writer.feedItems(page)).items, items.map(itemOf));
          assert.deepEqual(parsed(writer.posts(page)).items, items.map(postOf));
        }
      }),
    );
  });
});
