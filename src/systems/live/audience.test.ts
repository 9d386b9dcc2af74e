import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concerns, isDropped, maySee, type Viewer } from './audience.ts';
import type { LiveEvent, NewEntry } from './live-events.ts';
import { Relations } from './relations.ts';

const [ALICE, BOB, CAROL] = [1, 2, 3] as const;
const NOBODY = { followeeIds: [], mutedIds: [], blockedIds: [], blockedByIds: [] };

const bob = (relations: Partial<typeof NOBODY> | object): Viewer => ({
  userId: BOB,
  relations: new Relations({ ...NOBODY, ...relations }),
});
const stranger = bob({});
const follower = bob({ followeeIds: [ALICE] });
const followsCarol = bob({ followeeIds: [CAROL] });
const muting = bob({ followeeIds: [ALICE, CAROL], mutedIds: [ALICE] });
const blocked = bob({ followeeIds: [CAROL], blockedByIds: [ALICE] });
const blocking = bob({ followeeIds: [CAROL], blockedIds: [ALICE] });

const post = (visibility: string, spokenToIds: readonly number[] = []): NewEntry => ({
  kind: 'post',
  ...{ entryId: 10, sourceId: ALICE, postId: 10, authorId: ALICE, visibility, spokenToIds },
});
const repost: NewEntry = { ...post('public'), entryId: 20, sourceId: CAROL };
const edited = (
  visibility: string,
  spokenToIds: readonly number[] = [],
  droppedIds: readonly number[] = [],
) =>
  ({
    kind: 'post_edited',
    postId: 10,
    authorId: ALICE,
    visibility,
    spokenToIds,
    droppedIds,
  }) satisfies LiveEvent;
const deleted = (visibility: string, spokenToIds: readonly number[] = []) =>
  ({ ...edited(visibility, spokenToIds), kind: 'post_deleted' }) satisfies LiveEvent;

describe('who is told', () => {
  const cases: readonly (readonly [string, Viewer, LiveEvent, boolean])[] = [
    ['a follower of a public post', follower, post('public'), true],
    ['a follower of an unlisted one', follower, post('unlisted'), true],
    ['a follower of one for followers', follower, post('followers'), true],
    ['a follower of a direct post that is not for them', follower, post('direct'), false],
    ['whom a direct post is for, also a stranger', stranger, post('direct', [BOB]), true],
    ['a stranger of a public post', stranger, post('public'), false],
    [
      'a stranger whom a public post mentions: that is a notification',
      stranger,
      post('public', [BOB]),
      false,
    ],
    ['who mutes the author', muting, post('public'), false],
    ['who mutes the author of a direct post to them', muting, post('direct', [BOB]), false],
    ['whom the author blocks, though mentioned', blocked, post('direct', [BOB]), false],
    ['a follower of who reposts', followsCarol, repost, true],
    ['who follows who reposts, and mutes the author', muting, repost, false],
    ['who follows who reposts, and is parted from the author', blocking, repost, false],
    ['the author, of their own post', { ...stranger, userId: ALICE }, post('direct'), true],
    ['a follower, of an edit', follower, edited('followers'), true],
    ['a stranger, of an edit', stranger, edited('public'), false],
    ['a stranger whom the post mentions, of an edit', stranger, edited('direct', [BOB]), true],
    ['who mutes the author and is mentioned, of an edit', muting, edited('public', [BOB]), false],
    ['a follower, of the end of a post for followers', follower, deleted('followers'), true],
    ['a follower, of the end of a direct post', follower, deleted('direct'), false],
    ['whom a direct post was for, of its end', stranger, deleted('direct', [BOB]), true],
    ['whom the author blocks, of its end', blocked, deleted('direct', [BOB]), false],
    [
      'a follower, of a repost that is taken back',
      followsCarol,
      { kind: 'unreposted', entryId: 20, sourceId: CAROL, postId: 10, authorId: ALICE },
      true,
    ],
    [
      'another, of what one does to others',
      stranger,
      { kind: 'relationship', userId: ALICE, otherId: BOB, change: 'muted' },
      false,
    ],
    [
      'another, of a notification',
      stranger,
      { kind: 'notification', userId: ALICE, actorId: CAROL, fields: {} },
      false,
    ],
    [
      'whom it is for, by someone whom they mute',
      muting,
      { kind: 'notification', userId: BOB, actorId: ALICE, fields: {} },
      false,
    ],
  ];
  for (const [who, viewer, event, isTold] of cases) {
    it(`${isTold ? 'is' : 'is not'} ${who}`, () => assert.equal(concerns(viewer, event), isTold));
  }

  it('an edit takes a direct post away from whom it no longer mentions, unless they are parted', () => {
    const event = edited('direct', [], [BOB]);
    assert.equal(isDropped(stranger, event), true);
    assert.equal(isDropped(blocked, event), false);
    assert.equal(maySee(stranger, event), false);
  });

  it('a block of either of the two hides even what is public', () => {
    for (const viewer of [blocked, blocking]) assert.equal(maySee(viewer, post('public')), false);
    assert.equal(maySee(muting, post('public')), true);
    assert.equal(maySee(stranger, post('followers')), false);
  });
});
