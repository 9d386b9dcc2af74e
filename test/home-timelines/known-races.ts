/** What once went wrong. */
import type { Scenario, Step } from './steps.ts';

const ALICE = 0;
const BOB = 1;

function scenario(steps: readonly Step[]): Scenario {
  return { follows: [], history: [], chatty: null, crowd: false, cramped: false, steps };
}

export const KNOWN_RACES: Readonly<Record<string, Scenario>> = {
  'a follow while a page is being built, which a second page waited for': scenario([
    { kind: 'post', user: ALICE, visibility: 'public', replyTo: null, mention: null },
    { kind: 'hear all' },
    { kind: 'evict', user: BOB },
    { kind: 'read', user: BOB, limit: 4, slow: true },
    { kind: 'go on', task: 0, calls: 30, place: 'before complete' },
    { kind: 'relate', change: 'follow', user: BOB, other: ALICE },
    { kind: 'hear all' },
    { kind: 'read', user: BOB, limit: 4, slow: false },
  ]),
  'a process that begins before the log has what was committed': scenario([
    { kind: 'post', user: ALICE, visibility: 'public', replyTo: null, mention: null },
    { kind: 'restart process' },
    { kind: 'read', user: ALICE, limit: 4, slow: false },
  ]),
  'a process that begins when the log has what nobody has delivered': scenario([
    { kind: 'post', user: ALICE, visibility: 'public', replyTo: null, mention: null },
    { kind: 'hear all' },
    { kind: 'restart process' },
    { kind: 'read', user: ALICE, limit: 4, slow: false },
  ]),
};
