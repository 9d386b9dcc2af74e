import { invalidField } from '../../../core/errors.ts';

/** RFC 5321, 4.5.3.1.3, less the brackets. */
export const EMAIL_LENGTH_MAX = 254;

/**
 * One `@`, something before it, a domain with a dot after it, all visible ASCII. Whether mail arrives there only
 * mail can tell, so nothing more is asked. Characters that have a meaning in a list of addresses are refused.
 */
const EMAIL = /^[^\s@"(),:;<>[\\\]]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*$/;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export function isEmail(text: string): boolean {
  return text.length <= EMAIL_LENGTH_MAX && VISIBLE_ASCII.test(text) && EMAIL.test(text);
}

/** Fails with `invalid` for what cannot be an address. */
export function checkEmail(email: string): void {
  if (!isEmail(email)) {
    throw invalidField(
      'email',
      `must be an address such as name@example.org, of at most ${EMAIL_LENGTH_MAX} characters (a to z, digits and signs).`,
    );
  }
}

/** What two spellings of one address share. The part before the `@` could differ by case, but nobody's does. */
export function emailKey(email: string): string {
  return email.toLowerCase();
}
