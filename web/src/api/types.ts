/** What the API answers: the types of the schemas that the server validates and documents, so that they cannot differ. */
import type { Static } from 'typebox';
import type { AuthorSchema, RelationshipSchema, UserSchema } from '../../../src/http/user-schema.ts';
import type { PostSchema } from '../../../src/systems/feed/posts/posts-routes.ts';
import type { NotificationSchema } from '../../../src/systems/notifications/notifications-routes.ts';

export type Author = Static<typeof AuthorSchema>;
export type User = Static<typeof UserSchema>;
export type Relationship = Static<typeof RelationshipSchema>;
export type Post = Static<typeof PostSchema>;
/** Its post is typed by hand: the schema of the server refers to that of the feed by name. */
export type Notification = Omit<Static<typeof NotificationSchema>, 'post'> & { readonly post: Post | null };
export type Visibility = Post['visibility'];

/** A post where it stands in a timeline. */
export interface FeedItem extends Post {
  readonly entry_id: string;
  readonly reposted_by: Author | null;
}

export interface TagUse {
  readonly tag: string;
  readonly use_count: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_page_token: string | null;
}
