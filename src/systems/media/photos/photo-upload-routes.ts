/** `POST /photos`: a picture and the post that carries it, in one call. */
import { type Static, Type } from 'typebox';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { MULTIPART_TYPE } from '../../../http/multipart.ts';
import { reference } from '../../../http/openapi.ts';
import { PhotoSchema } from '../../../http/photo-schema.ts';
import type { App } from '../../../http/server.ts';
import { streamBodies } from '../../../http/streamed-bodies.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { AltText, FILE_DESCRIPTION, FocusText } from '../media-routes.ts';
import { UPLOAD_BYTES_PER_SECOND_MIN } from '../picture-limits.ts';
import { parseAlt, parseFocus } from '../uploads/media-description.ts';
import { answerUpload } from '../uploads/upload-form-routes.ts';
import type { Uploads } from '../uploads/uploads.ts';

const VISIBILITIES = ['public', 'unlisted', 'followers', 'direct'] as const;
type Visibility = (typeof VISIBILITIES)[number];

export interface PhotoDraft {
  readonly text: string;
  readonly visibility: Visibility | undefined;
  readonly mediaId: Id;
}

/** Writes the post when the transaction commits, and shows it as a photo. */
export type CreatePhoto = (
  transaction: SqlTransaction,
  authorId: Id,
  draft: PhotoDraft,
) => Promise<Static<typeof PhotoSchema>>;

export interface PhotoUploadRoutesDeps {
  readonly uploads: Uploads;
  readonly writes: Writes;
  readonly createPhoto: CreatePhoto;
}

const TAGS_MAX = 30;

const PhotoBody = Type.Object(
  {
    file: Type.Unsafe<string>({ type: 'string', format: 'binary', description: FILE_DESCRIPTION }),
    caption: Type.Optional(
      Type.String({ description: 'The text of its post: at most 280 characters, with the tags.' }),
    ),
    tags: Type.Optional(
      Type.String({
        description: `At most ${TAGS_MAX}, with commas between them; those that the caption has not are put below it.`,
        examples: ['sea,sunset'],
      }),
    ),
    alt: Type.Optional(AltText),
    focus: Type.Optional(FocusText),
    visibility: Type.Optional(
      Type.Unsafe<Visibility>({ type: 'string', enum: [...VISIBILITIES], description: 'By default public.' }),
    ),
  },
  { additionalProperties: false },
);

export function photoUploadRoutes(app: App, { uploads, writes, createPhoto }: PhotoUploadRoutesDeps): void {
  // A scope of its own, because of its bodies.
  void app.register(async (scope: App) => {
    streamBodies(scope, [MULTIPART_TYPE]);
    scope.post(
      '/photos',
      {
        config: { access: 'user', scope: 'posts:write', bodyBytesPerSecondMin: UPLOAD_BYTES_PER_SECOND_MIN },
        schema: {
          tags: ['photos'],
          summary: 'Post a photo',
          description: 'It is stored and posted when this answers, and processed soon after: see its state.',
          operationId: 'createPhoto',
          consumes: [MULTIPART_TYPE],
          body: PhotoBody,
          response: { 201: reference(PhotoSchema) },
        },
      },
      async (request, reply) =>
        answerUpload({ uploads, writes }, request, reply, {
          fields: ['caption', 'tags', 'alt', 'focus', 'visibility'],
          parse: ({ caption = '', tags = '', alt, focus, visibility }) => ({
            text: withTags(caption, tags),
            visibility: parseVisibility(visibility),
            description: { alt: parseAlt(alt), focus: parseFocus(focus) },
          }),
          work: async (transaction, original, { text, visibility, description }) => {
            const { media_id: mediaId } = await uploads.record(transaction, original, description);
            const draft = { text, visibility, mediaId };
            return createPhoto(transaction, original.ownerId, draft).catch(asOfCaption);
          },
        }),
    );
  });
}

/** A post's tags are the words with # in its text: so that is where they go. */
function withTags(caption: string, tags: string): string {
  const names = tags
    .split(',')
    .map((tag) => tag.trim().replace(/^#/, ''))
    .filter((tag) => tag !== '');
  if (names.length > TAGS_MAX) throw invalidField('tags', `must be at most ${TAGS_MAX}.`);
  const wrong = names.find((name) => !/^[\p{L}\p{N}_\p{M}]{1,100}$/u.test(name) || /^\p{N}+$/u.test(name));
  if (wrong !== undefined) {
    throw invalidField('tags', 'must be words of letters, digits and _, with commas between them.');
  }
  // Of letters, digits and _ alone, so nothing in them needs an escape.
  const isWritten = (name: string) => new RegExp(`#${name}(?![\\p{L}\\p{N}\\p{M}_])`, 'iu').test(caption);
  const missing = names.filter((name) => !isWritten(name));
  const line = [...new Set(missing)].map((name) => `#${name}`).join(' ');
  return [caption, line].filter((part) => part !== '').join('\n\n');
}

/** What is wrong with the text of the post is wrong with the caption: the form has no field `text`. */
function asOfCaption(error: unknown): never {
  if (!(error instanceof AppError)) throw error;
  const [first] = error.fields;
  throw first?.field === 'text' ? invalidField('caption', first.message) : error;
}

function parseVisibility(text: string | undefined): Visibility | undefined {
  const found = VISIBILITIES.find((each) => each === text);
  if (text !== undefined && found === undefined) {
    throw invalidField('visibility', `must be one of ${VISIBILITIES.join(', ')}.`);
  }
  return found;
}
