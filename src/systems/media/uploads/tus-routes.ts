/**
 * Resumable uploads as tus 1.0.0 has them (https://tus.io/protocols/resumable-upload): core, creation, expiration and
 * termination, so that its clients work as they are. A PATCH needs no Idempotency-Key: its offset says which piece it is.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type AppError, invalidField } from '../../../core/errors.ts';
import { type Id, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { arrivingOf, streamBodies } from '../../../http/streamed-bodies.ts';
import { IdText } from '../../../http/user-schema.ts';
import { PICTURE_BYTES_MAX, UPLOAD_BYTES_PER_SECOND_MIN } from '../picture-limits.ts';
import { parseAlt, parseFocus } from './media-description.ts';
import type { PendingUpload, PendingUploads } from './pending-uploads.ts';

const VERSION = '1.0.0';
const PIECE_TYPE = 'application/offset+octet-stream';
const METADATA_LENGTH_MAX = 8_192;

export const PendingUploadSchema = Type.Object(
  {
    upload_id: IdText,
    total_bytes: Type.Integer({ description: 'Of the whole picture.' }),
    received_bytes: Type.Integer({ description: 'Go on there.' }),
    media_id: Type.Unsafe<string | null>({
      ...IdText,
      type: ['string', 'null'],
      description: 'What it has become, once all is there.',
    }),
    expires_at: Type.String({ format: 'date-time', description: 'When what has arrived is deleted.' }),
  },
  { $id: 'PendingUpload', title: 'PendingUpload' },
);

const UploadIdParams = Type.Object({ upload_id: IdText });

const Version = Type.Optional(Type.Literal(VERSION, { description: 'The version of tus.' }));
/** A name, and a value in base64. */
const PAIR = '[!-+\\--~]+( [A-Za-z0-9+/]*={0,2})?';
const CreationHeaders = Type.Object({
  'tus-resumable': Version,
  'upload-length': Type.Integer({
    minimum: 1,
    maximum: PICTURE_BYTES_MAX,
    description: `Bytes of the picture, at most ${PICTURE_BYTES_MAX / 1_048_576} MiB.`,
  }),
  'upload-metadata': Type.Optional(
    Type.String({
      maxLength: METADATA_LENGTH_MAX,
      pattern: `^(${PAIR}(, ?${PAIR})*)?$`,
      description:
        '`alt` and `focus`, as POST /media takes them, each in base64 behind its name; others are ignored.',
      examples: ['alt V2F2ZXM=,focus MCww'],
    }),
  ),
});
const PieceHeaders = Type.Object({
  'tus-resumable': Version,
  'upload-offset': Type.Integer({
    minimum: 0,
    maximum: PICTURE_BYTES_MAX,
    description: 'Bytes that are there already.',
  }),
});

export interface TusRoutesDeps {
  readonly pendingUploads: PendingUploads;
  readonly writes: Writes;
}

export function tusRoutes(app: App, deps: TusRoutesDeps): void {
  // A scope of its own, because of its bodies.
  void app.register(async (scope: App) => {
    streamBodies(scope, [PIECE_TYPE]);
    scope.addHook('onRequest', async (request, reply) => {
      reply.header('tus-resumable', VERSION);
      checkVersion(request, reply);
    });
    creationRoute(scope, deps);
    pieceRoute(scope, deps);
    ownUploadRoutes(scope, deps);
  });
}

function creationRoute(app: App, { pendingUploads, writes }: TusRoutesDeps): void {
  const url = '/media/uploads';
  app.options(url, { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) =>
    reply
      .code(204)
      .header('tus-version', VERSION)
      .header('tus-extension', 'creation,expiration,termination')
      .header('tus-max-size', PICTURE_BYTES_MAX)
      .send(),
  );
  app.post(
    url,
    {
      config: { access: 'user', scope: 'posts:write', problems: [409, 412] },
      schema: {
        tags: ['media'],
        summary: 'Begin an upload in pieces',
        description:
          'For lines that break: what has arrived stays, for a day after the last piece. Any client of tus 1.0.0 will do. `Location` is where the pieces go.',
        operationId: 'createUpload',
        headers: CreationHeaders,
        response: { 201: reference(PendingUploadSchema) },
      },
      // Of the first answer and of one that is repeated.
      onSend: async (request, reply, payload) => locate(request, reply, payload),
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { 'upload-length': length, 'upload-metadata': metadata } = request.headers;
      const { alt, focus } = parseMetadata(metadata);
      const upload = {
        totalBytes: length,
        description: { alt: parseAlt(alt), focus: parseFocus(focus) },
      };
      // What an Idempotency-Key stands for.
      request.body = upload;
      return writes.answer(request, reply, 201, async (transaction) =>
        presentUpload(await pendingUploads.create(transaction, userId, upload)),
      );
    },
  );
}

function pieceRoute(app: App, { pendingUploads }: TusRoutesDeps): void {
  app.patch(
    '/media/uploads/:upload_id',
    {
      config: {
        access: 'user',
        scope: 'posts:write',
        idempotent: false,
        problems: [409, 412],
        bodyBytesPerSecondMin: UPLOAD_BYTES_PER_SECOND_MIN,
      },
      schema: {
        tags: ['media'],
        summary: 'Send a piece of an upload',
        description:
          'What arrives of it counts, also when the line breaks. With the last byte the picture is there as after POST /media: `Media-Id` names it.',
        operationId: 'appendUpload',
        consumes: [PIECE_TYPE],
        params: UploadIdParams,
        headers: PieceHeaders,
        body: Type.Unsafe<string>({ type: 'string', format: 'binary' }),
        response: { 204: Type.Null({ description: '`Upload-Offset` says how far it is.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const offset = request.headers['upload-offset'];
      const content = arrivingOf(request, PICTURE_BYTES_MAX);
      const upload = await pendingUploads.append(userId, uploadIdOf(request.params), offset, content);
      return tell(reply, upload).code(204).send();
    },
  );
}

function ownUploadRoutes(app: App, { pendingUploads, writes }: TusRoutesDeps): void {
  const url = '/media/uploads/:upload_id';
  const schema = { tags: ['media'], params: UploadIdParams };
  app.get(
    url,
    {
      config: { access: 'user', scope: 'posts:write', problems: [412] },
      schema: {
        ...schema,
        summary: 'How far an upload is',
        description: 'By HEAD, too, as clients of tus ask.',
        operationId: 'getUpload',
        response: { 200: reference(PendingUploadSchema) },
      },
    },
    async (request, reply) => {
      const upload = await pendingUploads.get(callerOf(request).userId, uploadIdOf(request.params));
      return tell(reply, upload).header('cache-control', 'no-store').send(presentUpload(upload));
    },
  );
  app.delete(
    url,
    {
      config: { access: 'user', scope: 'posts:write', problems: [412] },
      schema: {
        ...schema,
        summary: 'Give an upload up',
        description: 'What it has become stays.',
        operationId: 'deleteUpload',
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        pendingUploads.delete(transaction, userId, uploadIdOf(request.params)),
      );
    },
  );
}

/** A client that names none is taken to speak this one. */
function checkVersion({ headers, method }: FastifyRequest, reply: FastifyReply): void {
  const version = headers['tus-resumable'];
  if (version === undefined || version === VERSION || method === 'OPTIONS') return;
  reply.header('tus-version', VERSION);
  throw Object.assign(new Error(`This server speaks tus ${VERSION}.`), { statusCode: 412 });
}

function locate(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (reply.statusCode === 201 && typeof payload === 'string') {
    // What the route has sent, by its schema.
    const { upload_id: uploadId, expires_at: expiresAt } = JSON.parse(payload) as Static<
      typeof PendingUploadSchema
    >;
    reply.header('location', `${request.url.split('?')[0]}/${uploadId}`);
    reply.header('upload-expires', new Date(expiresAt).toUTCString());
  }
  return payload;
}

function tell(reply: FastifyReply, upload: PendingUpload): FastifyReply {
  if (upload.mediaId !== null) reply.header('media-id', String(upload.mediaId));
  return reply
    .header('upload-offset', upload.receivedBytes)
    .header('upload-length', upload.totalBytes)
    .header('upload-expires', upload.expiresAt.toUTCString());
}

/** Pairs of a name and its value in base64, with commas between them. Fails with `invalid`. */
export function parseMetadata(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  const values = pairs.map((pair): [string, string] => {
    const [name = '', value = '', ...rest] = pair.trim().split(' ');
    if (name === '' || rest.length > 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw wrongMetadata();
    return [name, Buffer.from(value, 'base64').toString('utf8')];
  });
  return Object.fromEntries(values);
}

function wrongMetadata(): AppError {
  return invalidField(
    'Upload-Metadata',
    'must be names, each with a value in base64 behind it, with commas between them.',
  );
}

function uploadIdOf({ upload_id: uploadId }: { readonly upload_id: string }): Id {
  return parseId(uploadId, 'upload_id');
}

export function presentUpload(upload: PendingUpload): Static<typeof PendingUploadSchema> {
  return {
    upload_id: String(upload.uploadId),
    total_bytes: upload.totalBytes,
    received_bytes: upload.receivedBytes,
    media_id: upload.mediaId === null ? null : String(upload.mediaId),
    expires_at: upload.expiresAt.toISOString(),
  };
}
