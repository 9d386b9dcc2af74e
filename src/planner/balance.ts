/** By what a pool chooses the process for a request; `docs/growing.md` says what each is for. */

/** By the state of the pool, or by the address of the client. */
export const PLAIN_BALANCES = ['leastconn', 'roundrobin', 'random', 'source'] as const;
export type PlainBalance = (typeof PLAIN_BALANCES)[number];

/**
 * Or by something of the request, which then always meets the same process, as long as it is there. Of requests that have
 * no such thing, by the address of the client.
 */
export type HashKey =
  | { readonly of: 'header' | 'cookie'; readonly name: string }
  /** Counted from 1; `last` of them all, such as the code of a short link. */
  | { readonly of: 'path'; readonly part: number | 'last' }
  /** Who is signed in, by token or cookie. */
  | { readonly of: 'caller' };

export type Balance = PlainBalance | HashKey;

export const PATH_PARTS_MAX = 9;
export const BALANCE_FORM = `one of ${PLAIN_BALANCES.join(', ')}, hash caller, hash path 1 (to ${PATH_PARTS_MAX}, or last), hash header NAME, hash cookie NAME`;

/** As HTTP has the names of headers and cookies, but for what would need quotes. */
const NAME = String.raw`[\w-]{1,64}`;
const HASH = new RegExp(
  `^hash (?:(?<caller>caller)|path (?<part>[1-${PATH_PARTS_MAX}]|last)|(?<of>header|cookie) (?<name>${NAME}))$`,
);

/** `undefined` where it is none. */
export function parseBalance(text: string): Balance | undefined {
  const plain = PLAIN_BALANCES.find((balance) => balance === text);
  if (plain !== undefined) return plain;
  const { caller, part, of, name } = HASH.exec(text)?.groups ?? {};
  if (caller !== undefined) return { of: 'caller' };
  if (part !== undefined) return { of: 'path', part: part === 'last' ? part : Number(part) };
  if ((of === 'header' || of === 'cookie') && name !== undefined) return { of, name };
  return undefined;
}

/** As it was written. */
export function formatBalance(balance: Balance): string {
  if (typeof balance === 'string') return balance;
  if (balance.of === 'caller') return 'hash caller';
  return balance.of === 'path' ? `hash path ${balance.part}` : `hash ${balance.of} ${balance.name}`;
}
