/** The system `accounts` with its routes on a database of its own. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { type Clock, systemClock, systemRandomness } from '../../src/core/clock.ts';
import { invalidField } from '../../src/core/errors.ts';
import { createIdGenerator, type Id } from '../../src/core/ids.ts';
import type { ProfilePicture } from '../../src/core/media.ts';
import { NO_COUNTS, NO_RELATIONSHIP, type Relationship, type UserCounts } from '../../src/core/user.ts';
import { createWrites } from '../../src/http/idempotency.ts';
import { createServer } from '../../src/http/server.ts';
import { USER_SCHEMAS } from '../../src/http/user-schema.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { createFolderMailer } from '../../src/ports/mailer/folder-mailer.ts';
import { createPostgresSqlStore } from '../../src/ports/sql-store/postgres-sql-store.ts';
import { readStatement, type SqlTransaction } from '../../src/ports/sql-store/sql-store.ts';
import { type Accounts, createAccounts } from '../../src/systems/accounts/accounts.ts';
import { ACCOUNTS_SCHEMAS, accountsRoutes } from '../../src/systems/accounts/accounts-routes.ts';
import type { PostForStaff } from '../../src/systems/accounts/moderation/reported-posts.ts';
import type { NamedLink, ReportedLink } from '../../src/systems/accounts/moderation/reports.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createTestDatabase } from './database.ts';
import { serverOptions } from './server-options.ts';

export const PASSWORD = 'correct horse battery';
/** The only post there is, and everyone sees it. */
export const A_POST: Id = 2_000_000_000_000_000;
/** A picture that nobody may take. */
export const NO_PICTURE: Id = 2_000_000_000_000_024;
/** Of nobody who signs up. */
export const A_LINK: ReportedLink = {
  linkId: 2_000_000_000_000_008,
  ownerId: 2_000_000_000_000_016,
  shortUrl: 'https://go.example/a-link',
  targets: ['https://example.org/secret'],
};

export interface SettingOptions {
  readonly registration?: 'open' | 'closed';
  readonly publicUrl?: string;
  readonly clock?: Clock;
  /** Default 3. */
  readonly warnReports?: number;
}

export interface SignedUp {
  readonly userId: string;
  readonly username: string;
  readonly token: string;
}

export interface Call {
  readonly token?: string | undefined;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

export type AccountsSetting = Awaited<ReturnType<typeof createAccountsSetting>>;

export async function createAccountsSetting(options: SettingOptions = {}) {
  const { registration = 'open', publicUrl = 'http://localhost:8080', clock = systemClock } = options;
  const database = await createTestDatabase();
  const mailFolder = await mkdtemp(path.join(tmpdir(), 'groundswell-mail-'));
  const logged: string[] = [];
  const log = createLog({ level: 'debug', pretty: false, write: (line) => void logged.push(line) });
  const randomness = systemRandomness;
  const openStore = () =>
    createPostgresSqlStore({ connection: database.connection, poolSize: 6, clock: systemClock, log });
  const sql = openStore();
  const events = createPostgresEventLog({ sqlStore: sql, clock: systemClock, randomness, log });
  const lease = { writer: 1, deadlineMonotonicMs: Number.POSITIVE_INFINITY, highWaterMs: 0 };
  const counts = new Map<Id, UserCounts>();
  const relationships = new Map<Id, Relationship>();
  const posts = new Map<Id, PostForStaff>();
  const pictures: string[] = [];
  const reportedLinks = new Set<Id>();
  const deps = {
    sql,
    events,
    mailer: createFolderMailer({
      folder: mailFolder,
      from: 'Groundswell <noreply@localhost>',
      clock,
      randomness,
      log,
    }),
    ids: createIdGenerator(() => lease, systemClock),
    clock,
    randomness,
    log,
    registration,
    publicUrl: () => publicUrl,
    picturePath: (key: string, picture: ProfilePicture) => `/pictures/${key}/${picture}`,
    ownPictures: {
      /** Whoever's it is; there is one that nobody may take. */
      async choose(_transaction: SqlTransaction, _ownerId: Id, mediaId: Id, picture: ProfilePicture) {
        if (mediaId === NO_PICTURE) throw invalidField(`${picture}_media_id`, 'does not exist.');
        pictures.push(`chosen ${mediaId} as ${picture}`);
      },
      async release(_transaction: SqlTransaction, mediaIds: readonly Id[]) {
        pictures.push(...mediaIds.map((mediaId) => `released ${mediaId}`));
      },
    },
    countsOf: async () => counts,
    async standingsOf(_viewerId: Id, userIds: readonly Id[]) {
      const standingOf = (userId: Id) => ({
        counts: counts.get(userId) ?? NO_COUNTS,
        relationship: relationships.get(userId) ?? NO_RELATIONSHIP,
      });
      return new Map(userIds.map((userId) => [userId, standingOf(userId)]));
    },
    postExists: async (_viewerId: Id, postId: Id) => postId === A_POST || posts.has(postId),
    readPost: async (postId: Id) => posts.get(postId),
    async deletePost(_transaction: SqlTransaction, postId: Id) {
      const authorId = posts.get(postId)?.authorId;
      posts.delete(postId);
      return authorId;
    },
    findLink: async ({ linkId, code }: NamedLink) =>
      linkId === A_LINK.linkId || code === 'a-link' ? A_LINK : undefined,
    /** As if there were all of them. */
    async markReportedLinks(
      _transaction: SqlTransaction,
      linkIds: readonly Id[],
      findReported: () => Promise<ReadonlySet<Id>>,
    ) {
      const found = await findReported();
      for (const linkId of linkIds) {
        if (found.has(linkId)) reportedLinks.add(linkId);
        else reportedLinks.delete(linkId);
      }
    },
    warnReports: options.warnReports ?? 3,
  };
  const accounts: Accounts = createAccounts(deps);
  await accounts.open();
  const app = await createServer(
    serverOptions({
      authenticate: accounts.authenticator.authenticate,
      publicUrl,
      version: '0.0.0',
      log,
      randomness,
      metrics: createMetrics({ version: '0.0.0' }),
    }),
  );
  for (const schema of [...USER_SCHEMAS, ...ACCOUNTS_SCHEMAS]) app.addSchema(schema);
  // The feed's, which answers about reported posts refer to by name.
  app.addSchema({ $id: 'Post', type: 'object', additionalProperties: true });
  const secureCookies = publicUrl.startsWith('https:');
  await app.register(
    async (api) => accountsRoutes(api, { accounts, sql, writes: createWrites(sql), secureCookies }),
    { prefix: '/api/v1' },
  );
  await app.ready();
  let people = 0;

  async function call(method: string, url: string, { token, body, headers }: Call = {}) {
    const request = {
      method: method as 'GET', // One of the methods; light-my-request has no type for any of them.
      url: `/api/v1${url}`,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    };
    return app.inject(body === undefined ? request : { ...request, body });
  }

  return {
    ...deps,
    app,
    accounts,
    counts,
    relationships,
    /** What the system of pictures was asked for, in order. */
    pictures,
    /** Those that the system of links was told to warn of. */
    reportedLinks,
    /** Those that there are besides A_POST. */
    posts,
    openStore,
    call,
    logged: () => logged.join(''),

    /** Another process on the same database. */
    openOther: async () => {
      const store = openStore();
      const other = createAccounts({ ...deps, sql: store });
      await other.open();
      return {
        ...other,
        sql: store,
        close: async () => {
          await other.close();
          await store.close();
        },
      };
    },

    async signUp(username?: string, fields: object = {}): Promise<SignedUp> {
      people += 1;
      const name = username ?? `person_${people}`;
      const answer = await call('POST', '/users', {
        body: { username: name, password: PASSWORD, ...fields },
      });
      if (answer.statusCode !== 201) throw new Error(answer.body);
      const { user, access_token: token } = answer.json();
      return { userId: user.user_id, username: name, token };
    },

    signIn: (username: string, password = PASSWORD): Promise<LightMyRequestResponse> =>
      call('POST', '/sessions', { body: { username, password } }),

    /** What the outbox or the log has of the topic, in order: kind and payload. */
    async announced(userId: string) {
      const rows = await sql.query(announcedEvents, [Number(userId)]);
      return rows.map(({ kind, payload }) => ({ kind, payload }));
    },

    async mails(): Promise<string[]> {
      const names = (await readdir(mailFolder)).filter((name) => name.endsWith('.eml')).sort();
      return Promise.all(names.map((name) => readFile(path.join(mailFolder, name), 'utf8')));
    },

    async close() {
      await app.close();
      await accounts.close();
      await events.close();
      await sql.close();
      await database.close();
      await rm(mailFolder, { recursive: true, force: true });
    },
  };
}

const announcedEvents = readStatement<[userId: Id], { kind: string; payload: Record<string, unknown> }>(
  'test_announced',
  `SELECT kind, payload FROM (
     SELECT kind, payload::jsonb AS payload, 0 AS place, "offset" AS number FROM event_log
     WHERE topic = 'users' AND key = $1
     UNION ALL
     SELECT kind, payload::jsonb, 1, id FROM outbox WHERE topic = 'users' AND key = $1
   ) AS events ORDER BY place, number`,
);
