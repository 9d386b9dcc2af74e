/** Commands that list: pages of a table for people, of JSON for programs. */
import type { Command } from 'commander';
import type { SettingOptions } from './config-options.ts';
import { wholeNumber } from './option-values.ts';
import { type Cell, formatTable } from './table.ts';

export interface ListOptions extends SettingOptions {
  readonly limit: number;
  readonly pageToken?: string;
  readonly json?: true;
}

export const LIST_LIMIT_DEFAULT = 20;
export const LIST_LIMIT_MAX = 100;

export interface Listing<Item> {
  readonly items: readonly Item[];
  /** `undefined` on the last page. */
  readonly nextPageToken: string | undefined;
  /** As the API would show it, with names in snake_case. */
  readonly present: (item: Item) => object;
  readonly titles: readonly string[];
  readonly row: (item: Item) => readonly Cell[];
  /** What there are none of. */
  readonly noun: string;
}

export function withListOptions(command: Command): Command {
  return command
    .option('--limit <number>', 'how many', wholeNumber(1, LIST_LIMIT_MAX), LIST_LIMIT_DEFAULT)
    .option('--page-token <token>', 'go on after a page that said it')
    .option('--json', 'for programs: { "items": […], "next_page_token": … }');
}

/** The page on standard output; what to do next, for people only, on standard error. */
export function printListing<Item>(listing: Listing<Item>, { json }: { readonly json?: true }): void {
  const { items, nextPageToken, present, titles, row, noun } = listing;
  if (json) {
    printJson({ items: items.map(present), next_page_token: nextPageToken ?? null });
  } else if (items.length === 0) {
    console.error(`There are no ${noun}.`);
  } else {
    console.log(formatTable(titles, items.map(row)));
    printNextPage(nextPageToken);
  }
}

export function printNextPage(nextPageToken: string | undefined): void {
  if (nextPageToken !== undefined) console.error(`\nThere are more: add --page-token ${nextPageToken}`);
}

export function printJson(value: object): void {
  console.log(JSON.stringify(value, undefined, 2));
}
