/** Photos in JSON: posts by their pictures. */
import { Type } from 'typebox';
import { MediaSchema } from './media-schema.ts';
import { reference } from './openapi.ts';
import { AuthorSchema, IdText } from './user-schema.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });

/** Of the first picture: `url`, `thumbnail_url` and what is said of it. */
export const PhotoSchema = Type.Object(
  {
    photo_id: Type.Unsafe<string>({ ...IdText, description: 'Of the post that carries it, too.' }),
    author: reference(AuthorSchema),
    url: MediaSchema.properties.url,
    thumbnail_url: MediaSchema.properties.thumbnail_url,
    state: MediaSchema.properties.state,
    width: MediaSchema.properties.width,
    height: MediaSchema.properties.height,
    thumbhash: MediaSchema.properties.thumbhash,
    alt: MediaSchema.properties.alt,
    caption: Type.String({ description: 'The text of the post.' }),
    tags: Type.Array(Type.String(), { description: 'In lower case.' }),
    visibility: Type.String(),
    content_warning: NullableText,
    created_at: Type.String({ format: 'date-time' }),
    like_count: Type.Integer({ minimum: 0 }),
    comment_count: Type.Integer({ minimum: 0 }),
    liked: Type.Boolean({ description: 'By you; false when not signed in.' }),
    media: Type.Array(reference(MediaSchema), { description: 'All pictures of the post, this one first.' }),
  },
  { $id: 'Photo', title: 'Photo' },
);
