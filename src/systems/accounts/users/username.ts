/** Names of users: letters, digits and `_`, unique whatever the case. */
import { type AppError, invalidField } from '../../../core/errors.ts';

export const USERNAME_LENGTH_MIN = 3;
export const USERNAME_LENGTH_MAX = 30;
/** ASCII only, so that two names that look the same are the same. */
export const USERNAME_PATTERN = `^[A-Za-z0-9_]{${USERNAME_LENGTH_MIN},${USERNAME_LENGTH_MAX}}$`;

/** Whoever had one of these could pose as the server or its staff, or hide behind a path of the web app. */
const RESERVED: ReadonlySet<string> = new Set(
  `about abuse account accounts admin administrator api app auth billing blog bookmarks contact docs explore feed
  groundswell health help home info legal links login logout mail me media metrics mod moderation moderator
  moderators new news notifications null official post posts privacy register reports rides root search security
  session sessions settings signin signup staff status support system tag tags terms undefined user users web
  webmaster www`.split(/\s+/),
);

const PATTERN = new RegExp(USERNAME_PATTERN);

export function isUsername(text: string): boolean {
  return PATTERN.test(text);
}

/** What two spellings of one name share. Only for what `isUsername`. */
export function usernameKey(username: string): string {
  return username.toLowerCase();
}

/** Fails with `invalid` for what cannot be a name, or is none for users. */
export function checkUsername(username: string): void {
  if (!isUsername(username)) throw invalidUsername();
  if (RESERVED.has(usernameKey(username))) {
    throw invalidField('username', 'is reserved. Choose another name.');
  }
}

function invalidUsername(): AppError {
  return invalidField(
    'username',
    `must be ${USERNAME_LENGTH_MIN} to ${USERNAME_LENGTH_MAX} letters (a to z), digits or _.`,
  );
}
