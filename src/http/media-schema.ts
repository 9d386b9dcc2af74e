/** Pictures in JSON: the same in every system. */
import { type Static, Type } from 'typebox';
import { type Media, VARIANTS } from '../core/media.ts';
import { IdText } from './user-schema.ts';

const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const NullableSize = Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 1 });

const VariantSchema = Type.Object({
  name: Type.Enum([...VARIANTS], {
    description:
      '150 is a square; 320, 640 and 1080 are so many pixels wide; full is as it was sent; avatar and header are as a profile shows it.',
  }),
  url: Type.String(),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
});

export const MediaSchema = Type.Object(
  {
    media_id: IdText,
    type: Type.Unsafe<'image'>({ type: 'string', enum: ['image'] }),
    state: Type.Enum(['processing', 'ready', 'failed'], {
      description: 'Until it is ready there is nothing at its addresses: show the thumbhash, or a grey box.',
    }),
    url: Type.Unsafe<string | null>({
      ...NullableText,
      description:
        'The full size. Null: it failed. WebP where Accept names it, else JPEG. Of a post that not everyone may see it expires, after an hour or two: ask for the post again.',
    }),
    thumbnail_url: Type.Unsafe<string | null>({ ...NullableText, description: 'A square of 150.' }),
    width: Type.Unsafe<number | null>({ ...NullableSize, description: 'Null while it is not known.' }),
    height: NullableSize,
    thumbhash: Type.Unsafe<string | null>({
      ...NullableText,
      description: 'A blurred preview in 25 bytes (thumbhash), base64. Null while it is not known.',
    }),
    animated: Type.Boolean({ description: 'It had more than one frame; the first one is shown.' }),
    alt: Type.Unsafe<string | null>({ ...NullableText, description: 'For those who do not see it.' }),
    focus: Type.Unsafe<[number, number] | null>({
      type: ['array', 'null'],
      items: { type: 'number', minimum: -1, maximum: 1 },
      minItems: 2,
      maxItems: 2,
      description: 'What to keep in view when it is cropped: x and y from -1 (left, bottom) to 1.',
    }),
    variants: Type.Array(VariantSchema, { description: 'The sizes that are there, smallest first.' }),
  },
  { $id: 'Media', title: 'Media' },
);

/** All schemas of this file that others refer to. */
export const MEDIA_SCHEMAS = [MediaSchema] as const;

export function presentMedia(media: Media): Static<typeof MediaSchema> {
  return {
    media_id: String(media.mediaId),
    type: 'image',
    state: media.state,
    url: media.url,
    thumbnail_url: media.thumbnailUrl,
    width: media.width,
    height: media.height,
    thumbhash: media.thumbhash,
    animated: media.animated,
    alt: media.alt,
    focus: media.focus === null ? null : [...media.focus],
    variants: media.variants.map(({ name, url, width, height }) => ({ name, url, width, height })),
  };
}
