/**
 * What an API key may be limited to. The list is closed: a word must mean the same for as long as there are keys that
 * carry it, so one is added for what is new, and none is widened.
 */
export const SCOPE_MEANINGS = {
  'account:read': 'Your own account, with its email address.',
  'posts:read': 'Your home timeline and bookmarks; posts, searches and lists of posts as you see them.',
  'posts:write': 'Post, edit, delete, like, repost and bookmark.',
  'relationships:read':
    'Whom you mute and block, who asks to follow you; people and their lists as you see them.',
  'relationships:write': 'Follow, mute, block, and answer who asks to follow you.',
  'reports:write': 'Report users, posts and links to the moderators.',
  'notifications:read': 'Your notifications.',
  'notifications:write': 'Mark notifications as read, and choose what notifies you.',
  'live:read': 'Hear at once of new posts in your home timeline, and of notifications.',
  'links:read': 'Your short links and their clicks, and your host names for them.',
  'links:write': 'Make, change, import and delete short links, and host names for them.',
  'webhooks:read': 'Your webhooks and their deliveries.',
  'webhooks:write': 'Make, change, test and delete webhooks.',
} as const;

export type Scope = keyof typeof SCOPE_MEANINGS;

// The cast is what Object.keys forgets: the literal has no other keys.
export const SCOPES = Object.keys(SCOPE_MEANINGS) as readonly Scope[];
