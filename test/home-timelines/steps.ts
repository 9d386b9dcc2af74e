/** What may happen in a small world, one thing after the other, in whatever order fast-check thinks of. */
import fc from 'fast-check';
import type { Visibility } from '../../src/systems/feed/posts/post.ts';

/** Numbers choose among what there is when the step is made, so that steps can be left out when a case is shrunk. */
export type Step =
  | {
      readonly kind: 'post';
      readonly user: number;
      readonly visibility: Visibility;
      readonly replyTo: number | null;
      readonly mention: number | null;
    }
  | { readonly kind: 'edit' | 'delete'; readonly post: number }
  | { readonly kind: 'react'; readonly reaction: Reaction; readonly user: number; readonly post: number }
  | {
      readonly kind: 'relate';
      readonly change: RelationshipChange;
      readonly user: number;
      readonly other: number;
    }
  | { readonly kind: 'lock' | 'unlock' | 'suspend' | 'restore'; readonly user: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'relay'; readonly count: number }
  | { readonly kind: 'hear'; readonly partition: number; readonly count: number }
  | { readonly kind: 'hear all' }
  | { readonly kind: 'work'; readonly group: number; readonly count: number; readonly slow: boolean }
  | { readonly kind: 'lane'; readonly slow: boolean }
  | { readonly kind: 'read' | 'walk'; readonly user: number; readonly limit: number; readonly slow: boolean }
  | { readonly kind: 'next page'; readonly walk: number; readonly limit: number; readonly slow: boolean }
  | { readonly kind: 'go on'; readonly task: number; readonly calls: number }
  | { readonly kind: 'crash'; readonly task: number }
  | { readonly kind: 'refresh counts' | 'review modes' | 'restart worker' | 'restart process' }
  | { readonly kind: 'evict' | 'forget view' | 'forget head'; readonly user: number }
  | { readonly kind: 'mode'; readonly user: number; readonly pulled: boolean }
  | { readonly kind: 'settle' | 'compare'; readonly limits: readonly number[] };

export type Reaction = 'like' | 'unlike' | 'repost' | 'unrepost' | 'bookmark' | 'unbookmark';
export type RelationshipChange =
  | 'follow'
  | 'unfollow'
  | 'removeFollower'
  | 'accept'
  | 'reject'
  | 'mute'
  | 'unmute'
  | 'block'
  | 'unblock';

export interface Scenario {
  /** Of all pairs of two people, by their place, those who follow from the start. */
  readonly follows: readonly number[];
  /** Posts from before: whose, and how many minutes after the one before. */
  readonly history: readonly { readonly user: number; readonly gapMinutes: number }[];
  readonly steps: readonly Step[];
}

const PAIRS = 30;
const HISTORY_MAX = 40;

const user = fc.nat(5);
/** The higher, the newer: most happens to what is new. */
const post = fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(60) });
const limit = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }) },
  fc.integer({ min: 5, max: 40 }),
);
const slow = fc.nat(3).map((die) => die === 0);
const visibility = fc.constantFrom<Visibility>(
  'public',
  'public',
  'public',
  'unlisted',
  'followers',
  'direct',
);
const reaction = fc.constantFrom<Reaction>(
  ...(['repost', 'repost', 'repost', 'unrepost', 'unrepost'] as const),
  ...(['like', 'unlike', 'bookmark', 'unbookmark'] as const),
);
const change = fc.constantFrom<RelationshipChange>(
  ...([
    'follow',
    'follow',
    'follow',
    'follow',
    'unfollow',
    'unfollow',
    'unfollow',
    'accept',
    'accept',
  ] as const),
  ...(['removeFollower', 'reject', 'mute', 'unmute', 'unmute', 'block', 'unblock', 'unblock'] as const),
);
const limits = fc.array(limit, { minLength: 1, maxLength: 3 });

function kind<Kind extends string>(...kinds: Kind[]): fc.Arbitrary<Kind> {
  return fc.constantFrom(...kinds);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      kind: kind('post'),
      user,
      visibility,
      replyTo: fc.option(post, { freq: 3 }),
      mention: fc.option(user, { freq: 3 }),
    }),
  },
  { weight: 14, arbitrary: fc.record({ kind: kind('react'), reaction, user, post }) },
  { weight: 14, arbitrary: fc.record({ kind: kind('relate'), change, user, other: user }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('edit', 'delete', 'delete'), post }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: kind('lock', 'unlock', 'unlock', 'suspend', 'restore', 'restore'), user }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind('time'),
      ms: fc.constantFrom(5, 300, 700, 1_100, 2_500, 3_600_000, 9e7),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: kind('relay'), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: kind('hear'), partition: fc.nat(1), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: kind('hear all') }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: kind('work'),
      group: fc.nat(3),
      count: fc.integer({ min: 1, max: 5 }),
      slow,
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: kind('lane'), slow }) },
  { weight: 16, arbitrary: fc.record({ kind: kind('read', 'walk'), user, limit, slow }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('next page'), walk: fc.nat(9), limit, slow }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: kind('go on'), task: fc.nat(9), calls: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('crash'), task: fc.nat(9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind('refresh counts', 'review modes', 'review modes', 'restart worker', 'restart process'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: kind('evict', 'forget view', 'forget head'), user }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('mode'), user, pulled: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('settle', 'settle', 'compare'), limits }) },
);

/** With up to `stepsMax` steps. */
export function scenarios(stepsMax: number): fc.Arbitrary<Scenario> {
  return fc.record({
    follows: fc.subarray(Array.from({ length: PAIRS }, (_, index) => index)),
    history: fc.array(fc.record({ user, gapMinutes: fc.nat(300) }), { maxLength: HISTORY_MAX, size: 'max' }),
    steps: fc.array(step, { maxLength: stepsMax, size: 'max' }),
  });
}
