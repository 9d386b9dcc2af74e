/** Posts by their id alone, whoever may see them. Locking them: `post-media-queries.ts`. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

export const getPostAuthor = readStatement<[postId: Id], { readonly author_id: Id }>(
  'posts_get_author',
  'SELECT author_id FROM posts WHERE post_id = $1 AND deleted_at IS NULL',
);
