/** Cursor paging: `?limit=&page_token=` in, `{ items, next_page_token }` out. */
import { type TInteger, type TSchema, Type } from 'typebox';
import { invalidField } from '../core/errors.ts';
import { ID_MAX, type Id, isIdText } from '../core/ids.ts';

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

/** A page as the systems answer it: where the next one starts, or `undefined` at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Entries of the next page have ids below this one. */
  readonly nextBefore: Id | undefined;
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

export function presentPage<Item>(page: Page<Item>): {
  items: readonly Item[];
  next_page_token: string | null;
} {
  return {
    items: page.items,
    next_page_token: page.nextBefore === undefined ? null : tokenOf(page.nextBefore),
  };
}

function tokenOf(id: Id): string {
  return Buffer.from(String(id), 'latin1').toString('base64url');
}
