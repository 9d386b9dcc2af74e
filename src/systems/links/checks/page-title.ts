/** What a page is called: its `<title>`, or without one that of its card (`og:title`), as one line of plain text. */
import { Parser } from 'htmlparser2';
import type { OutboundResponse } from '../../../ports/outbound-http/outbound-http.ts';
import { TITLE_LENGTH_MAX } from '../link-draft.ts';

const PAGE_TYPE = /^(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;
const CHARSET = /charset\s*=\s*["']?\s*([a-z0-9._:-]+)/i;
/** A page says what it is written in within its first bytes (HTML, 4.2.5.4). */
const PRESCANNED_BYTES = 1_024;
/** Also what turns the direction of text around. */
const UNFIT = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** `undefined`: it is no page, or says nothing. */
export function pageTitleOf({
  headers,
  body,
}: Pick<OutboundResponse, 'headers' | 'body'>): string | undefined {
  const type = headers['content-type'] ?? '';
  if (!PAGE_TYPE.test(type) || /[^\s]/.test((headers['content-encoding'] ?? '').replace('identity', '')))
    return undefined;
  const { title, cardTitle } = titlesIn(textOf(body, type));
  return [title, cardTitle].map(lineOf).find((line) => line !== '');
}

function textOf(body: Buffer, type: string): string {
  const start = body.subarray(0, PRESCANNED_BYTES).toString('latin1');
  const label = (CHARSET.exec(type) ?? CHARSET.exec(start))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(body);
  } catch {
    // Nobody knows that one.
    return new TextDecoder().decode(body);
  }
}

/** The first of each. Those of drawings within the page are none. */
function titlesIn(html: string): { readonly title: string; readonly cardTitle: string } {
  let [title, cardTitle] = ['', ''];
  let [drawings, isOpen, isRead] = [0, false, false];
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'svg') drawings += 1;
      if (name === 'title' && drawings === 0 && !isRead) isOpen = true;
      if (name === 'meta' && cardTitle === '' && attributes['property']?.toLowerCase() === 'og:title')
        cardTitle = attributes['content'] ?? '';
    },
    ontext(text) {
      if (isOpen) title += text;
    },
    onclosetag(name) {
      if (name === 'svg') drawings = Math.max(0, drawings - 1);
      if (name !== 'title' || !isOpen) return;
      [isOpen, isRead] = [false, true];
    },
  });
  parser.end(html);
  return { title, cardTitle };
}

function lineOf(text: string): string {
  const line = text.replace(UNFIT, ' ').replace(/\s+/gu, ' ').trim().normalize('NFC');
  return [...line].slice(0, TITLE_LENGTH_MAX).join('').trim();
}
