/**
 * How the sandbox treats an order, by the token that pays for it: `sandbox_<conduct>`, where anything may follow after another `_`.
 * The same token and key are always treated the same, in any process.
 */
import { createHash } from 'node:crypto';
import type { DeclineReason } from './payment-provider.ts';

/** What becomes of one call. `answer_lost`: it is done, and its answer never arrives. `call_lost`: it is not even done. */
export type Mishap = 'refused' | 'call_lost' | 'answer_lost';

export interface Conduct {
  /** Of the first calls, one after the other; those after them go well. */
  readonly mishaps: readonly Mishap[];
  /** Undefined: it succeeds. */
  readonly decline: DeclineReason | undefined;
  /** How long it says `pending`. */
  readonly settlesAfterMs: number;
  /** How often it says that an order is settled. */
  readonly hints: number;
}

const FINE: Conduct = { mishaps: [], decline: undefined, settlesAfterMs: 0, hints: 0 };
export const LATE_MS = 1_000;

const CONDUCTS: Readonly<Record<string, Conduct>> = {
  ok: FINE,
  declined: { ...FINE, decline: 'card_declined' },
  insufficient: { ...FINE, decline: 'insufficient_funds' },
  timeout: { ...FINE, mishaps: ['answer_lost'] },
  lost: { ...FINE, mishaps: ['call_lost'] },
  unavailable: { ...FINE, mishaps: ['refused', 'refused'] },
  twice: { ...FINE, hints: 2 },
  late: { ...FINE, settlesAfterMs: LATE_MS, hints: 1 },
  late_declined: { ...FINE, decline: 'card_declined', settlesAfterMs: LATE_MS, hints: 1 },
  late_unheard: { ...FINE, settlesAfterMs: LATE_MS },
};

/** In a hundred. What is left goes well. */
const HOSTILE: readonly (readonly [conduct: string, share: number])[] = [
  ['declined', 8],
  ['insufficient', 4],
  ['timeout', 10],
  ['lost', 8],
  ['unavailable', 4],
  ['twice', 8],
  ['late', 6],
  ['late_declined', 3],
  ['late_unheard', 3],
];

const TOKEN = /^sandbox_(hostile|late_declined|late_unheard|[a-z]+)(?:_[A-Za-z0-9_]*)?$/;

export const CONDUCT_NAMES: readonly string[] = [...Object.keys(CONDUCTS), 'hostile'];

/** The word in the token; undefined for a token that is none of the sandbox. */
export function conductNameOf(token: string): string | undefined {
  const [, name] = TOKEN.exec(token) ?? [];
  return name !== undefined && CONDUCT_NAMES.includes(name) ? name : undefined;
}

/** Undefined for a token that is none of the sandbox. */
export function conductOf(token: string, idempotencyKey: string): Conduct | undefined {
  const name = conductNameOf(token);
  if (name === undefined) return undefined;
  return CONDUCTS[name === 'hostile' ? drawnFor(`${token} ${idempotencyKey}`) : name];
}

function drawnFor(text: string): string {
  let point = (createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32) * 100;
  for (const [conduct, share] of HOSTILE) {
    if (point < share) return conduct;
    point -= share;
  }
  return 'ok';
}
