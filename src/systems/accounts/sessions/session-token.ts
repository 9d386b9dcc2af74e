import { createHash } from 'node:crypto';
import type { Randomness } from '../../../core/clock.ts';

const TOKEN_BYTES = 32;
const TOKEN = /^gs_[A-Za-z0-9_-]{43}$/;

/** 256 random bits. The prefix lets scanners of source code find one that was published by mistake. */
export function createSessionToken(randomness: Pick<Randomness, 'bytes'>): string {
  return `gs_${randomness.bytes(TOKEN_BYTES).toString('base64url')}`;
}

export function isSessionToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What is stored. A fast hash is enough for a token that cannot be guessed. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
