/** Whose call a request is, by its path alone: what a balancer goes by. `test/e2e/systems.test.ts` holds it against the routes. */
import type { SystemName } from '../config/systems.ts';

/** What starts with one of them, up to a slash or the end, is the system's; `*` is any one part. */
export const SYSTEM_PATHS: Readonly<Record<SystemName, readonly string[]>> = {
  discovery: ['/api/v1/suggestions', '/api/v1/trends'],
  feed: [
    ...['/api/v1/feed', '/api/v1/posts', '/api/v1/tags', '/api/v1/bookmarks'],
    ...['/api/v1/blocks', '/api/v1/mutes', '/api/v1/follow_requests'],
    ...['block', 'follow', 'follower', 'followers', 'following', 'mute', 'posts'].map(
      (part) => `/api/v1/users/*/${part}`,
    ),
  ],
  links: [
    ...['/l', '/api/v1/links', '/api/v1/domains'],
    ...['/api/v1/moderation/links', '/api/v1/moderation/blocked-targets'],
  ],
  live: ['/api/v1/live'],
  media: ['/media', '/api/v1/media'],
  notifications: ['/api/v1/notifications'],
  photos: ['/api/v1/photos', '/api/v1/users/*/photos'],
  rides: [
    ...['/api/v1/rides', '/api/v1/drivers', '/api/v1/offers'],
    ...['/api/v1/payments', '/api/v1/moderation/payments'],
  ],
  search: ['/api/v1/search'],
  webhooks: ['/api/v1/webhooks'],
};

/** The system whose call it is; `undefined`: of none that has a name. */
export function systemOfPath(path: string): SystemName | undefined {
  const found = Object.entries(SYSTEM_PATHS).find(([, patterns]) =>
    patterns.some((pattern) => new RegExp(patternSource(pattern)).test(path)),
  );
  return found?.[0] as SystemName | undefined; // The keys of the table are their names.
}

/** A regular expression for the paths that a pattern is for. */
export function patternSource(pattern: string): string {
  return `^${pattern.replaceAll('*', '[^/]+')}(/|$)`;
}
