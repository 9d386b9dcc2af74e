/**
 * Signatures as the Standard Webhooks specification 1.0.0 has them: HMAC-SHA256 with a symmetric secret over id, time
 * and body, so that whoever receives them knows who sent them, what and when.
 */
import { createHmac } from 'node:crypto';
import type { Randomness } from '../../core/clock.ts';
import { invalidField } from '../../core/errors.ts';

const PREFIX = 'whsec_';
export const SECRET_BYTES_MIN = 24;
export const SECRET_BYTES_MAX = 64;
const SECRET_BYTES = 32;

export function newSecret(randomness: Pick<Randomness, 'bytes'>): string {
  return PREFIX + randomness.bytes(SECRET_BYTES).toString('base64');
}

/** A secret that the client has chosen. Fails with `invalid`. */
export function parseSecret(text: string): string {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
  const isWhole = text === PREFIX + bytes.toString('base64');
  if (!isWhole || bytes.length < SECRET_BYTES_MIN || bytes.length > SECRET_BYTES_MAX) {
    throw invalidField(
      'secret',
      `must be ${PREFIX} and the base64 of ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} random bytes; or leave it out, and one is made.`,
    );
  }
  return text;
}

export interface SignedMessage {
  readonly messageId: string;
  readonly timestampS: number;
  readonly body: string;
}

/** One signature for each secret that is good now, the newest first. */
export function signatureHeaders(
  { messageId, timestampS, body }: SignedMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const signed = `${messageId}.${timestampS}.${body}`;
  return {
    'webhook-id': messageId,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret, signed)}`).join(' '),
  };
}

function sign(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return createHmac('sha256', key).update(text).digest('base64');
}
