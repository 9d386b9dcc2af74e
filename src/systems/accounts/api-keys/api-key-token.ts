/**
 * How an API key looks: `gsk_`, 43 characters of base62 that carry 256 random bits, and 6 of a checksum. A program
 * that scans for published secrets finds one by its beginning and tells it from an accident by its checksum; so does
 * the server tell a key that was cut off or mistyped from one that is no longer good, without asking the database.
 */
import { crc32 } from 'node:zlib';
import type { Randomness } from '../../../core/clock.ts';

const PREFIX = 'gsk_';
const SECRET_BYTES = 32;
/** 62^43 is just above 2^256. */
const SECRET_LENGTH = 43;
/** 62^6 is above 2^32. */
const CHECKSUM_LENGTH = 6;
const LENGTH = PREFIX.length + SECRET_LENGTH + CHECKSUM_LENGTH;
/** Of the secret, 8 characters: enough to tell one's keys apart, and 208 bits stay secret. */
const SHOWN_LENGTH = PREFIX.length + 8;

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WELL_FORMED = /^gsk_[0-9A-Za-z]+$/;

export function createApiKey(randomness: Pick<Randomness, 'bytes'>): string {
  const secret = BigInt(`0x${randomness.bytes(SECRET_BYTES).toString('hex')}`);
  const body = PREFIX + base62(secret, SECRET_LENGTH);
  return body + checksumOf(body);
}

/** Whether it claims to be an API key, and not the token of a session. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Whether it can be one: it is whole and nobody mistyped it. */
export function isApiKey(token: string): boolean {
  if (token.length !== LENGTH || !WELL_FORMED.test(token)) return false;
  const body = token.slice(0, -CHECKSUM_LENGTH);
  return token.endsWith(checksumOf(body));
}

/** How it begins, as its owner will see it. */
export function shownPrefixOf(key: string): string {
  return key.slice(0, SHOWN_LENGTH);
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
