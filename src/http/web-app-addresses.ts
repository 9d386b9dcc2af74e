/** Where the web app is: the server answers these with its page, and its service worker does when there is no server. */

/** As `pages.ts` of the app has them; whatever is below one is the app's to show, or to say that there is no such page. */
export const WEB_APP_ADDRESSES = [
  '/',
  '/@:username',
  '/@:username/*',
  '/sign-in',
  '/sign-up',
  '/forgotten',
  '/compose',
  '/drafts',
  '/explore',
  '/search',
  '/tags/:tag',
  '/notifications',
  '/bookmarks',
  '/requests',
  '/photos',
  '/links',
  '/links/*',
  '/ride',
  '/drive',
  '/rides',
  '/rides/*',
  '/payments',
  '/earnings',
  '/operations',
  '/settings',
  '/settings/*',
  '/moderation',
  '/moderation/*',
] as const;

const FIRST_PARTS = new Set<string>(WEB_APP_ADDRESSES.map((address) => firstPart(address)));

/** Whether the app answers for the path, by its first part: people's begin with an @. */
export function isWebAppAddress(path: string): boolean {
  return path.startsWith('/@') || FIRST_PARTS.has(firstPart(path));
}

function firstPart(path: string): string {
  return path.split('/')[1] ?? '';
}
