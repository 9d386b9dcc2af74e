/** Notifications in JSON, and every call about them. */
import { type Static, Type } from 'typebox';
import { invalidField } from '../../core/errors.ts';
import { isIdText, parseId } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import type { Writes } from '../../http/idempotency.ts';
import { reference } from '../../http/openapi.ts';
import { PageQuery, pageOf } from '../../http/paging.ts';
import type { App } from '../../http/server.ts';
import { AuthorSchema, IdText, presentAuthor } from '../../http/user-schema.ts';
import { ACTORS_MAX, UNREAD_COUNT_MAX, type UnreadCount, type WalkPlace } from './inbox.ts';
import { NOTIFICATION_KINDS, type NotificationItem, type NotificationKind } from './notification.ts';
import { AUDIENCES, type Audience } from './notification-settings.ts';
import type { Notifications } from './notifications.ts';

const KindSchema = Type.Unsafe<NotificationKind>({
  type: 'string',
  enum: [...NOTIFICATION_KINDS],
  description:
    'follow: they follow you. follow_request: they ask to. like, repost: of your post. reply: to your post. mention: a post names you.',
});

export const NotificationSchema = Type.Object(
  {
    notification_id: Type.Unsafe<string>({
      ...IdText,
      description: 'Of the newest in the group; what is read up to.',
    }),
    group_id: Type.Unsafe<string>({ ...IdText, description: 'Stays the same while others join the group.' }),
    kind: KindSchema,
    group_count: Type.Integer({
      minimum: 1,
      description:
        'How many did it: all who like or repost one post, or follow you, within 12 hours of the first. Of many it may count some whom you mute or block.',
    }),
    actors: Type.Array(reference(AuthorSchema), {
      description: `The newest of them, at most ${ACTORS_MAX}, newest first.`,
    }),
    post: Type.Union([Type.Unsafe<object>({ $ref: 'Post#' }), Type.Null()], {
      description: 'Your post that was liked or reposted, or the post that answers or names you.',
    }),
    created_at: Type.String({ format: 'date-time', description: 'When the newest was done.' }),
    read: Type.Boolean(),
  },
  { $id: 'Notification', title: 'Notification' },
);

const UNREAD_COUNT = {
  unread_count: Type.Integer({
    minimum: 0,
    maximum: UNREAD_COUNT_MAX,
    description: `Items with something unread in them, counted up to ${UNREAD_COUNT_MAX}.`,
  }),
  more: Type.Boolean({ description: `There are more than ${UNREAD_COUNT_MAX}.` }),
};

const UnreadCountSchema = Type.Object(UNREAD_COUNT, { $id: 'UnreadCount', title: 'UnreadCount' });

const ReadSchema = Type.Object({
  ...UNREAD_COUNT,
  read_up_to_id: Type.Union([IdText, Type.Null()], {
    description: 'How far you have read; null when there was never anything to read.',
  }),
});

const AudienceSchema = Type.Unsafe<Audience>({
  type: 'string',
  enum: [...AUDIENCES],
  description: 'By whom: everyone, only those whom you follow, or none.',
});

const AUDIENCE_BY_KIND = {
  follow: AudienceSchema,
  follow_request: AudienceSchema,
  like: AudienceSchema,
  repost: AudienceSchema,
  reply: AudienceSchema,
  mention: AudienceSchema,
} satisfies Record<NotificationKind, typeof AudienceSchema>;

export const SettingsSchema = Type.Object(AUDIENCE_BY_KIND, {
  $id: 'NotificationSettings',
  title: 'NotificationSettings',
});

export const NOTIFICATION_SCHEMAS = [NotificationSchema, UnreadCountSchema, SettingsSchema] as const;

const KIND_PATTERN = NOTIFICATION_KINDS.join('|');

const NotificationsQuery = Type.Object(
  {
    ...PageQuery.properties,
    kinds: Type.Optional(
      Type.String({
        pattern: `^(${KIND_PATTERN})(,(${KIND_PATTERN}))*$`,
        maxLength: 200,
        description:
          'Only of these kinds, with commas between them; by default all. The same for a whole walk.',
        examples: ['reply,mention'],
      }),
    ),
  },
  { additionalProperties: false },
);

export interface NotificationRoutesDeps {
  readonly writes: Writes;
  readonly notifications: Notifications;
}

export function notificationsRoutes(app: App, deps: NotificationRoutesDeps): void {
  readRoutes(app, deps);
  readMarkRoute(app, deps);
  settingsRoutes(app, deps);
}

function readRoutes(app: App, { notifications: { inbox } }: NotificationRoutesDeps): void {
  const config = { access: 'user', scope: 'notifications:read' } as const;
  app.get(
    '/notifications',
    {
      config,
      schema: {
        tags: ['notifications'],
        summary: 'What others did that concerns you, newest first',
        description:
          'Likes and reposts of one post, and new followers, are one item within 12 hours of the first. Nothing of whom you mute, nor where one of you blocks the other. Kept for 90 days, the newest 10,000 items.',
        operationId: 'listNotifications',
        querystring: NotificationsQuery,
        response: { 200: pageOf(reference(NotificationSchema)) },
      },
    },
    async (request) => {
      const { limit, kinds, page_token: token } = request.query;
      const page = await inbox.page(callerOf(request).userId, {
        limit,
        kinds: kindsOf(kinds),
        place: placeOf(token),
      });
      return { items: page.items.map(presentNotification), next_page_token: tokenOf(page.next) };
    },
  );
  app.get(
    '/notifications/unread_count',
    {
      config,
      schema: {
        tags: ['notifications'],
        summary: 'How many notifications you have not read',
        operationId: 'getUnreadNotificationCount',
        response: { 200: reference(UnreadCountSchema) },
      },
    },
    async (request) => presentUnread(await inbox.unread(callerOf(request).userId)),
  );
}

function readMarkRoute(
  app: App,
  { writes, notifications: { inbox, readMarks } }: NotificationRoutesDeps,
): void {
  app.post(
    '/notifications/read',
    {
      config: { access: 'user', scope: 'notifications:write' },
      schema: {
        tags: ['notifications'],
        summary: 'Mark notifications as read',
        description: 'Those up to one of them, or all. What was read stays read.',
        operationId: 'markNotificationsRead',
        body: Type.Object(
          {
            up_to_id: Type.Optional(
              Type.Unsafe<string>({
                ...IdText,
                description: 'The notification_id of the newest that was seen; by default all are read.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: ReadSchema },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { up_to_id: upTo } = request.body;
      const upToId = upTo === undefined ? undefined : parseId(upTo, 'up_to_id');
      // Before the transaction: it asks other systems, and holds no connection while it does.
      const unread = upToId === undefined ? NONE_UNREAD : await inbox.unread(userId, upToId);
      return writes.answer(request, reply, 200, async (transaction) => {
        const readUpToId = await readMarks.markRead(transaction, userId, upToId);
        return { ...presentUnread(unread), read_up_to_id: readUpToId === 0 ? null : String(readUpToId) };
      });
    },
  );
}

const NONE_UNREAD: UnreadCount = { unreadCount: 0, more: false };

function settingsRoutes(app: App, { writes, notifications: { settings } }: NotificationRoutesDeps): void {
  app.get(
    '/notifications/settings',
    {
      config: { access: 'user', scope: 'notifications:read' },
      schema: {
        tags: ['notifications'],
        summary: 'Of whom you are notified, by kind',
        operationId: 'getNotificationSettings',
        response: { 200: reference(SettingsSchema) },
      },
    },
    async (request) => settings.get(callerOf(request).userId),
  );
  app.patch(
    '/notifications/settings',
    {
      config: { access: 'user', scope: 'notifications:write' },
      schema: {
        tags: ['notifications'],
        summary: 'Choose of whom you are notified',
        description: 'For what happens from then on. What is left out stays.',
        operationId: 'updateNotificationSettings',
        body: Type.Partial(Type.Object(AUDIENCE_BY_KIND), { additionalProperties: false, minProperties: 1 }),
        response: { 200: reference(SettingsSchema) },
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 200, async (transaction) =>
        settings.change(transaction, callerOf(request).userId, request.body),
      ),
  );
}

function kindsOf(kinds: string | undefined): readonly NotificationKind[] {
  const wanted = kinds?.split(',');
  return NOTIFICATION_KINDS.filter((kind) => wanted?.includes(kind) ?? true);
}

const ID_DIGITS = 16;

/** Of a token: where the walk began and where it is, one id after the other. */
function placeOf(token: string | undefined): WalkPlace | undefined {
  if (token === undefined || token === '') return undefined;
  const text = Buffer.from(token, 'base64url').toString('latin1');
  const [from, before] = [text.slice(0, ID_DIGITS), text.slice(ID_DIGITS)];
  if (!isIdText(from) || !isIdText(before)) {
    throw invalidField('page_token', 'must be the next_page_token of an earlier answer, unchanged.');
  }
  return { from: Number(from), before: Number(before) };
}

function tokenOf(place: WalkPlace | undefined): string | null {
  if (place === undefined) return null;
  return Buffer.from(`${place.from}${place.before}`, 'latin1').toString('base64url');
}

function presentNotification(item: NotificationItem): Static<typeof NotificationSchema> {
  return {
    notification_id: String(item.notificationId),
    group_id: String(item.groupId),
    kind: item.kind,
    group_count: item.groupCount,
    actors: item.actors.map(presentAuthor),
    post: item.post,
    created_at: item.createdAt.toISOString(),
    read: item.read,
  };
}

function presentUnread({ unreadCount, more }: UnreadCount): Static<typeof UnreadCountSchema> {
  return { unread_count: unreadCount, more };
}
