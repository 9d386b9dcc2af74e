/** Photos: pictures of `media` that are posts of the `feed`, and shown as neither. */
import type { Writes } from '../http/idempotency.ts';
import type { Feed } from '../systems/feed/feed.ts';
import { photoRoutes, presentPhoto } from '../systems/feed/photos/photos-routes.ts';
import type { MediaSystem } from '../systems/media/media.ts';
import { photoUploadRoutes } from '../systems/media/photos/photo-upload-routes.ts';
import type { ComposedSystem } from './composed-system.ts';

export interface ComposePhotosDeps {
  readonly media: Pick<MediaSystem, 'uploads'>;
  readonly feed: Feed;
  readonly writes: Writes;
}

export function composePhotos({ media, feed, writes }: ComposePhotosDeps): ComposedSystem {
  return {
    name: 'photos',
    routes(app) {
      photoRoutes(app, { ...feed, writes });
      photoUploadRoutes(app, {
        ...{ uploads: media.uploads, writes },
        createPhoto: async (transaction, authorId, { text, visibility, mediaId }) =>
          presentPhoto(
            await feed.posts.createIn(transaction, authorId, { text, visibility, mediaIds: [mediaId] }),
          ),
      });
    },
  };
}
