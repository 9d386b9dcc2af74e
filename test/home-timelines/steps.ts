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
  | { readonly kind: 'hear'; readonly partition: number; readonly count: number; readonly again: number }
  | { readonly kind: 'hear all' }
  | { readonly kind: 'work'; readonly group: number; readonly count: number; readonly slow: boolean }
  | { readonly kind: 'lane'; readonly slow: boolean }
  | { readonly kind: 'read' | 'walk'; readonly user: number; readonly limit: number; readonly slow: boolean }
  | { readonly kind: 'next page'; readonly walk: number; readonly limit: number; readonly slow: boolean }
  | { readonly kind: 'look'; readonly user: number; readonly post: number; readonly slow: boolean }
  /** Past so many calls, or until it stands at that place. */
  | { readonly kind: 'go on'; readonly task: number; readonly calls: number; readonly place: string | null }
  | { readonly kind: 'refresh counts' | 'review modes' | 'crash' | 'restart process' }
  | { readonly kind: 'evict'; readonly user: number }
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
  /** Who wrote more than a head keeps, before that. */
  readonly chatty: number | null;
  /** The first readers follow the many authors, who are pulled. */
  readonly crowd: boolean;
  /** Caches are too small for everyone. */
  readonly cramped: boolean;
  readonly steps: readonly Step[];
}

const PAIRS = 30;
const HISTORY_MAX = 40;

const user = fc.oneof(
  { weight: 8, arbitrary: fc.nat(5) },
  { weight: 1, arbitrary: fc.integer({ min: 6, max: 15 }) },
);
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

const calls = fc.integer({ min: 1, max: 6 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: kind('post'),
      user,
      visibility,
      replyTo: fc.option(post, { freq: 3 }),
      mention: fc.option(user, { freq: 3 }),
    }),
  },
  { weight: 16, arbitrary: fc.record({ kind: kind('react'), reaction, user, post }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('relate'), change, user, other: user }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('edit', 'delete', 'delete'), post }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind('lock', 'unlock', 'unlock', 'suspend', 'restore', 'restore'),
      user,
    }),
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
    arbitrary: fc.record({
      kind: kind('hear'),
      partition: fc.nat(1),
      count: fc.integer({ min: 1, max: 4 }),
      again: fc.constantFrom(0, 0, 0, 1, 2, 5),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: kind('hear all') }) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: kind('work'),
      group: fc.constantFrom(0, 1, 1, 1),
      count: fc.integer({ min: 1, max: 5 }),
      slow,
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: kind('lane'), slow }) },
  { weight: 16, arbitrary: fc.record({ kind: kind('read', 'walk'), user: fc.nat(5), limit, slow }) },
  { weight: 8, arbitrary: fc.record({ kind: kind('look'), user: fc.nat(5), post, slow }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('next page'), walk: fc.nat(9), limit, slow }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: kind('go on'), task: fc.nat(9), calls, place: fc.constant(null) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind(
        'refresh counts',
        'review modes',
        'review modes',
        'crash',
        'crash',
        'crash',
        'restart process',
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('evict'), user: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('mode'), user, pulled: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ kind: kind('settle', 'settle', 'compare'), limits }) },
);

/** What races are made of, more often than chance would have it: something is under way while something else happens. */
const race: fc.Arbitrary<Step[]> = fc
  .record({
    underWay: fc.constantFrom('delivery', 'delivery', 'lane', 'read', 'nothing'),
    author: user,
    reader: fc.nat(5),
    place: fc.constantFrom(...(['deliver', 'deliver', 'deliver', 'commit', 'complete'] as const)),
    readCalls: fc.integer({ min: 1, max: 20 }),
    meanwhile: step,
    change: fc.constantFrom<RelationshipChange>('follow', 'unfollow', 'unfollow', 'unfollow', 'block'),
    end: fc.constantFrom<Step['kind']>('go on', 'go on', 'crash'),
  })
  .map(({ underWay, author, reader, place, readCalls, meanwhile, change: changed, end }): Step[] => [
    { kind: 'relate', change: changed === 'follow' ? 'unfollow' : 'follow', user: reader, other: author },
    { kind: 'hear all' },
    { kind: 'read', user: reader, limit: 4, slow: false },
    { kind: 'post', user: author, visibility: 'public', replyTo: null, mention: null },
    ...started(underWay, reader),
    underWay === 'read' && place !== 'complete'
      ? { kind: 'go on', task: 0, calls: readCalls, place: null }
      : { kind: 'go on', task: 0, calls: CALLS_MAX, place: `before ${place}` },
    meanwhile,
    ...(underWay === 'nothing'
      ? []
      : [{ kind: 'relate', change: changed, user: reader, other: author } as const]),
    { kind: 'hear all' },
    { kind: 'read', user: reader, limit: 4, slow: false },
    end === 'crash' || underWay === 'nothing'
      ? { kind: 'crash' }
      : { kind: 'go on', task: 0, calls: CALLS_MAX, place: null },
  ]);

function started(underWay: string, reader: number): Step[] {
  if (underWay === 'read')
    return [
      { kind: 'evict', user: reader },
      { kind: 'read', user: reader, limit: 4, slow: true },
    ];
  const page: Step = { kind: 'work', group: 1, count: 5, slow: underWay === 'delivery' };
  return [
    { kind: 'hear all' },
    page,
    ...(underWay === 'lane' ? [{ kind: 'lane', slow: true } as const] : []),
  ];
}

/** More than any task makes. */
const CALLS_MAX = 30;
const RACE_STEPS = 12;

/** With up to `stepsMax` steps. */
export function scenarios(stepsMax: number): fc.Arbitrary<Scenario> {
  return fc.record({
    follows: fc.subarray(Array.from({ length: PAIRS }, (_, index) => index)),
    history: fc.array(fc.record({ user, gapMinutes: fc.nat(300) }), { maxLength: HISTORY_MAX, size: 'max' }),
    chatty: fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(5) }),
    crowd: fc.nat(4).map((die) => die === 4),
    cramped: fc.nat(2).map((die) => die === 2),
    steps: someSteps(stepsMax),
  });
}

function someSteps(stepsMax: number): fc.Arbitrary<Step[]> {
  const one = step.map((single) => [single]);
  return fc
    .array(fc.oneof({ weight: RACE_STEPS * 2, arbitrary: one }, { weight: 1, arbitrary: race }), {
      maxLength: Math.ceil(stepsMax / 1.5),
      size: 'max',
    })
    .map((parts) => parts.flat());
}
