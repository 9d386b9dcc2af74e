/** Where in the text of a post names, tags and addresses stand, and where each leads. */
import type { Post } from '../api/types.ts';

export interface LinkPart {
  readonly href: string;
  readonly shown: string;
  /** It leads away from this server. */
  readonly isForeign: boolean;
}

/** Plain text is a string. */
export type TextPart = string | LinkPart;

const FOUND = /(?<url>https?:\/\/[^\s<>"]+)|@(?<name>[A-Za-z0-9_]{3,30})|#(?<tag>[\p{L}\p{N}\p{M}_]+)/gu;
const URL_SHOWN_MAX = 40;
/** What ends a sentence ends the address at its end, too; a bracket does, unless the address itself opens it. */
const AFTER_URL = /[.,;:!?'’”)\]}]$/;
const OPENED_BY: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

export function textParts({ text, mentions, tags }: Pick<Post, 'text' | 'mentions' | 'tags'>): TextPart[] {
  const names = new Set(mentions.map(({ username }) => username.toLowerCase()));
  const known = new Set(tags);
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(FOUND)) {
    const { name = '', tag = '' } = found.groups ?? {};
    const url = urlWithin(found.groups?.['url'] ?? '');
    const link =
      url !== ''
        ? { href: url, shown: shortUrl(url), isForeign: true }
        : names.has(name.toLowerCase())
          ? { href: `/@${name}`, shown: `@${name}`, isForeign: false }
          : known.has(tag.toLowerCase())
            ? { href: `/tags/${encodeURIComponent(tag.toLowerCase())}`, shown: `#${tag}`, isForeign: false }
            : undefined;
    if (link === undefined) continue;
    parts.push(text.slice(end, found.index), link);
    end = found.index + (url === '' ? found[0] : url).length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== '');
}

/** Empty if it is none, or pretends to lead elsewhere: what stands before an @ looks like the host, and is not. */
function urlWithin(found: string): string {
  let url = found;
  while (AFTER_URL.test(url) && !closesOwnBracket(url)) url = url.slice(0, -1);
  if (!URL.canParse(url)) return '';
  const { username, password } = new URL(url);
  return username === '' && password === '' ? url : '';
}

function closesOwnBracket(url: string): boolean {
  const close = url.at(-1) ?? '';
  const open = OPENED_BY[close];
  return open !== undefined && url.split(open).length >= url.split(close).length;
}

/** Without what every address begins with; the host is always whole, for that is what tells where it leads. */
function shortUrl(url: string): string {
  const shown = url.replace(/^https?:\/\/(www\.)?/, '');
  const hostEnd = shown.search(/[/?#]|$/);
  const max = Math.max(URL_SHOWN_MAX, hostEnd + 1);
  return shown.length > max ? `${shown.slice(0, max)}…` : shown;
}
