/** Where a page of users or tags begins, as a `page_token`. Nothing in it is secret, and whatever is wrong in it is refused. */
import { invalidField } from '../../core/errors.ts';
import { isIdText } from '../../core/ids.ts';
import type { TagPosition, UserPosition } from '../../ports/search-index/search-index.ts';

const USER = /^user ([0-2]) (\d{1,10}) (\d{16})$/;
const TAG = /^tag (\d{1,15}) (\S{1,400})$/u;
const POPULARITY_MAX = 2_147_483_647;

export function userToken(position: UserPosition | undefined): string | null {
  if (position === undefined) return null;
  const { group, popularity, userId } = position;
  return encode(`user ${group} ${popularity} ${userId}`);
}

export function parseUserToken(token: string | undefined): UserPosition | undefined {
  if (token === undefined || token === '') return undefined;
  const [, group = '', popularity = '', userId = ''] = USER.exec(decode(token)) ?? [];
  if (!isIdText(userId) || Number(popularity) > POPULARITY_MAX) throw wrongToken();
  return { group: Number(group), popularity: Number(popularity), userId: Number(userId) };
}

export function tagToken(position: TagPosition | undefined): string | null {
  return position === undefined ? null : encode(`tag ${position.useCount} ${position.tag}`);
}

export function parseTagToken(token: string | undefined): TagPosition | undefined {
  if (token === undefined || token === '') return undefined;
  const [, useCount, tag] = TAG.exec(decode(token)) ?? [];
  if (useCount === undefined || tag === undefined || tag.includes('\0')) throw wrongToken();
  return { useCount: Number(useCount), tag };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decode(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}

function wrongToken() {
  return invalidField('page_token', 'must be the next_page_token of an earlier answer, unchanged.');
}
