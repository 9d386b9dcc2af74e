/** Pictures for posts: uploading, describing and deleting them. */
import { type Static, Type } from 'typebox';
import { type Id, idTimestamp, parseId } from '../../core/ids.ts';
import { PROFILE_PICTURES } from '../../core/media.ts';
import { callerOf } from '../../http/auth.ts';
import type { Writes } from '../../http/idempotency.ts';
import { MediaSchema, presentMedia } from '../../http/media-schema.ts';
import { MULTIPART_TYPE } from '../../http/multipart.ts';
import { reference } from '../../http/openapi.ts';
import type { App } from '../../http/server.ts';
import { streamBodies } from '../../http/streamed-bodies.ts';
import { IdText } from '../../http/user-schema.ts';
import type { Library, OwnMedia } from './library.ts';
import { ALT_LENGTH_MAX, PICTURE_BYTES_MAX, UPLOAD_BYTES_PER_SECOND_MIN } from './picture-limits.ts';
import { parseAlt, parseFocus, roundedFocus } from './uploads/media-description.ts';
import { answerUpload } from './uploads/upload-form-routes.ts';
import type { Uploads } from './uploads/uploads.ts';

const OwnMediaSchema = Type.Object(
  {
    ...MediaSchema.properties,
    failure: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Why it failed.' }),
    post_id: Type.Unsafe<string | null>({
      ...IdText,
      type: ['string', 'null'],
      description: 'What shows it. Null: nothing yet, and after a day it is deleted; or your profile.',
    }),
    purpose: Type.Enum(['post', ...PROFILE_PICTURES], {
      description: 'What it is for: post, unless you have chosen it for your profile.',
    }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'OwnMedia', title: 'OwnMedia' },
);

/** Schemas that the routes refer to. */
export const OWN_MEDIA_SCHEMAS = [OwnMediaSchema] as const;

export const FILE_DESCRIPTION = `A JPEG, PNG, WebP, AVIF or GIF of at most ${PICTURE_BYTES_MAX / 1_048_576} MiB, 50 million pixels and 16,383 on a side. Where and with what it was taken is removed.`;
export const AltText = Type.String({
  maxLength: ALT_LENGTH_MAX,
  description: `For those who do not see it. At most ${ALT_LENGTH_MAX} characters.`,
});
export const FocusText = Type.String({
  description: 'What to keep in view when it is cropped: x and y from -1 to 1.',
  examples: ['0.5,-0.25'],
});

const UploadBody = Type.Object(
  {
    file: Type.Unsafe<string>({ type: 'string', format: 'binary', description: FILE_DESCRIPTION }),
    alt: Type.Optional(AltText),
    focus: Type.Optional(FocusText),
  },
  { additionalProperties: false },
);

const ChangesBody = Type.Object(
  {
    alt: Type.Optional(Type.Unsafe<string | null>({ ...AltText, type: ['string', 'null'] })),
    focus: Type.Optional(
      Type.Unsafe<[number, number] | null>({
        type: ['array', 'null'],
        items: { type: 'number', minimum: -1, maximum: 1 },
        minItems: 2,
        maxItems: 2,
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

const MediaIdParams = Type.Object({ media_id: IdText });

export interface MediaRoutesDeps {
  readonly library: Library;
  readonly uploads: Uploads;
  readonly writes: Writes;
}

export function mediaRoutes(app: App, deps: MediaRoutesDeps): void {
  // A scope of its own, because of its bodies.
  void app.register(async (scope: App) => {
    streamBodies(scope, [MULTIPART_TYPE]);
    uploadRoute(scope, deps);
  });
  ownRoutes(app, deps);
}

function uploadRoute(app: App, { library, uploads, writes }: MediaRoutesDeps): void {
  app.post(
    '/media',
    {
      config: { access: 'user', scope: 'posts:write', bodyBytesPerSecondMin: UPLOAD_BYTES_PER_SECOND_MIN },
      schema: {
        tags: ['media'],
        summary: 'Upload a picture',
        description:
          'Name its media_id in the media_ids of a post. It is stored when this answers, and processed soon after: the post shows how far it is.',
        operationId: 'uploadMedia',
        consumes: [MULTIPART_TYPE],
        body: UploadBody,
        response: { 201: reference(OwnMediaSchema) },
      },
    },
    async (request, reply) =>
      answerUpload({ uploads, writes }, request, reply, {
        fields: ['alt', 'focus'],
        parse: ({ alt, focus }) => ({ alt: parseAlt(alt), focus: parseFocus(focus) }),
        work: async (transaction, original, description) =>
          presentOwn(library.show(await uploads.record(transaction, original, description))),
      }),
  );
}

function ownRoutes(app: App, { library, writes }: MediaRoutesDeps): void {
  const schema = { tags: ['media'], params: MediaIdParams };
  app.get(
    '/media/:media_id',
    {
      config: { access: 'user', scope: 'posts:read' },
      schema: {
        ...schema,
        summary: 'A picture of yours',
        operationId: 'getMedia',
        response: { 200: reference(OwnMediaSchema) },
      },
    },
    async (request) => presentOwn(await library.get(callerOf(request).userId, mediaIdOf(request.params))),
  );
  app.patch(
    '/media/:media_id',
    {
      config: { access: 'user', scope: 'posts:write' },
      schema: {
        ...schema,
        summary: 'Describe a picture of yours',
        description:
          'What is absent stays; null removes. The post that shows it changes, too; your profile keeps it as it was cut.',
        operationId: 'describeMedia',
        body: ChangesBody,
        response: { 200: reference(OwnMediaSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { alt, focus } = request.body;
      const changes = {
        ...(alt === undefined ? {} : { alt: parseAlt(alt) }),
        ...(focus === undefined ? {} : { focus: focus === null ? null : roundedFocus(focus) }),
      };
      return writes.answer(request, reply, 200, async (transaction) =>
        presentOwn(await library.describe(transaction, userId, mediaIdOf(request.params), changes)),
      );
    },
  );
  app.delete(
    '/media/:media_id',
    {
      config: { access: 'user', scope: 'posts:write', problems: [409] },
      schema: {
        ...schema,
        summary: 'Delete a picture that neither a post nor your profile shows',
        operationId: 'deleteMedia',
        response: { 204: Type.Null({ description: 'It is gone, and every size of it in a moment.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        library.delete(transaction, userId, mediaIdOf(request.params)),
      );
    },
  );
}

function mediaIdOf({ media_id: mediaId }: { readonly media_id: string }): Id {
  return parseId(mediaId, 'media_id');
}

function presentOwn(media: OwnMedia): Static<typeof OwnMediaSchema> {
  return Object.assign(presentMedia(media), {
    failure: media.failure,
    post_id: media.postId === null ? null : String(media.postId),
    purpose: media.purpose,
    created_at: idTimestamp(media.mediaId),
  });
}
