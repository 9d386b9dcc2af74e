/** Cursor paging: `?limit=&page_token=` in, `{ items, next_page_token }` out. */
import { type TInteger, type TSchema, Type } from 'typebox';
import { invalidField } from '../core/errors.ts';
import { ID_MAX, type Id, isIdText } from '../core/ids.ts';
import type { Page, PageRequest } from '../core/page.ts';

export const PAGE_LIMIT_DEFAULT = 20;
export const PAGE_LIMIT_MAX = 100;

/** Optional for clients, but not for routes: what is absent is there by its default once it is validated. */
const Limit: TInteger = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: PAGE_LIMIT_MAX,
    default: PAGE_LIMIT_DEFAULT,
    description: 'How many items at most.',
  }),
);

export const PageQuery = Type.Object(
  {
    limit: Limit,
    page_token: Type.Optional(
      Type.String({
        maxLength: 64,
        description: '`next_page_token` of the page before; none for the first.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** `{ items, next_page_token }`; the token is null on the last page. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    next_page_token: Type.Union([Type.String(), Type.Null()], {
      description: 'The page_token of the next page; null on the last one.',
    }),
  });
}

/** What a page starts below: the token's id, or above every id for the first page. */
export function pageStart(query: { readonly page_token?: string }): Id {
  if (query.page_token === undefined || query.page_token === '') return ID_MAX;
  const text = Buffer.from(query.page_token, 'base64url').toString('latin1');
  if (!isIdText(text)) {
    throw invalidField('page_token', 'must be the next_page_token of an earlier answer, unchanged.');
  }
  return Number(text);
}

export function pageRequest(query: { readonly limit: number; readonly page_token?: string }): PageRequest {
  return { before: pageStart(query), limit: query.limit };
}

/** The page in JSON, each item as `present` shows it. */
export function presentPage<Item, Shown>(
  page: Page<Item>,
  present: (item: Item) => Shown,
): { items: Shown[]; next_page_token: string | null } {
  return {
    items: page.items.map(present),
    next_page_token: pageTokenOf(page.nextBefore),
  };
}

/** The `next_page_token` of a page that is followed by one which comes before `nextBefore`. */
export function pageTokenOf(nextBefore: Id | undefined): string | null {
  return nextBefore === undefined ? null : Buffer.from(String(nextBefore), 'latin1').toString('base64url');
}
