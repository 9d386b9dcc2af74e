/** Which page an address shows. The code of a page is fetched when it is first asked for. */
import type { ComponentType } from 'preact';

export interface PageProps {
  /** What the address names, such as the username of a profile. */
  readonly params: Readonly<Record<string, string>>;
}

export type Page = ComponentType<PageProps>;

export interface Route {
  readonly pattern: RegExp;
  /** The name of the page in the frame, for what is marked as current there. */
  readonly name: string;
  readonly load: () => Promise<Page>;
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** `/@:name/:list(followers|following)` names its parts, and may say what they can be; a trailing slash makes no difference. */
export function route(path: string, name: string, load: () => Promise<Page>): Route {
  const source = path.replaceAll(
    /:([a-z_]+)(?:\(([^)]+)\))?/g,
    (_part, name: string, choices = '[^/]+') => `(?<${name}>${choices})`,
  );
  return { pattern: new RegExp(`^${source}/?$`), name, load };
}

export function matchRoute(routes: readonly Route[], path: string): Match | undefined {
  for (const each of routes) {
    const found = each.pattern.exec(path);
    if (found !== null) return { route: each, params: found.groups ?? {} };
  }
  return undefined;
}

/** The page that the page is a part of: the nearest above it, or home. */
export function parentOf(routes: readonly Route[], path: string): string {
  const above = path.replace(/\/[^/]*\/?$/, '');
  if (above === '' || matchRoute(routes, above) !== undefined) return above === '' ? '/' : above;
  return parentOf(routes, above);
}
