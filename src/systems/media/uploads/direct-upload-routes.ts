/** Pictures that clients put into the object storage by themselves: the server sees them once they are there. */
import { type Static, Type } from 'typebox';
import { parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { ALT_LENGTH_MAX, PICTURE_BYTES_MAX } from '../picture-limits.ts';
import { parseAlt, roundedFocus } from './media-description.ts';
import { DIRECT_URL_S, type PendingUploads } from './pending-uploads.ts';
import { PendingUploadSchema, presentUpload } from './tus-routes.ts';

export const DirectUploadSchema = Type.Object(
  {
    ...PendingUploadSchema.properties,
    url: Type.String({
      format: 'uri',
      description: `Where to send the picture, by PUT and once, within ${DIRECT_URL_S / 60} minutes.`,
    }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'What to send with it, as it is.' }),
  },
  { $id: 'DirectUpload', title: 'DirectUpload' },
);

const DirectUploadBody = Type.Object(
  {
    total_bytes: Type.Integer({
      minimum: 1,
      maximum: PICTURE_BYTES_MAX,
      description: 'Of the picture: the storage takes exactly so many.',
    }),
    alt: Type.Optional(Type.String({ maxLength: ALT_LENGTH_MAX })),
    focus: Type.Optional(
      Type.Unsafe<[number, number]>({
        type: 'array',
        items: { type: 'number', minimum: -1, maximum: 1 },
        minItems: 2,
        maxItems: 2,
      }),
    ),
  },
  { additionalProperties: false },
);

export interface DirectUploadRoutesDeps {
  readonly pendingUploads: PendingUploads;
  readonly writes: Writes;
}

export function directUploadRoutes(app: App, { pendingUploads, writes }: DirectUploadRoutesDeps): void {
  const tags = ['media'];
  app.post(
    '/media/direct_uploads',
    {
      config: { access: 'user', scope: 'posts:write', problems: [404, 409] },
      schema: {
        tags,
        summary: 'Begin an upload into the object storage',
        description:
          'Where the server keeps pictures in one that clients reach; elsewhere it is answered with 404. Send the picture to `url`, then complete the upload.',
        operationId: 'createDirectUpload',
        body: DirectUploadBody,
        response: { 201: reference(DirectUploadSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { total_bytes: totalBytes, alt, focus } = request.body;
      const description = {
        alt: parseAlt(alt),
        focus: focus === undefined ? null : roundedFocus(focus),
      };
      return writes.answer(request, reply, 201, async (transaction) => {
        const upload = await pendingUploads.createDirect(transaction, userId, { totalBytes, description });
        const presented: Static<typeof DirectUploadSchema> = {
          ...presentUpload(upload),
          url: upload.put.url,
          headers: { ...upload.put.headers },
        };
        return presented;
      });
    },
  );
  app.post(
    '/media/direct_uploads/:upload_id/complete',
    {
      // It is done once, however often it is asked for.
      config: { access: 'user', scope: 'posts:write', idempotent: false, problems: [409] },
      schema: {
        tags,
        summary: 'Complete an upload into the object storage',
        description:
          'What was sent is checked as by POST /media, and is then there as after it: `media_id` names it.',
        operationId: 'completeDirectUpload',
        params: Type.Object({ upload_id: IdText }),
        response: { 200: reference(PendingUploadSchema) },
      },
    },
    async (request) =>
      presentUpload(
        await pendingUploads.completeDirect(
          callerOf(request).userId,
          parseId(request.params.upload_id, 'upload_id'),
        ),
      ),
  );
}
