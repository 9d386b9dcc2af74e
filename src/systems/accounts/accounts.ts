/** The system `accounts`, put together: people, credentials, sessions, API keys, moderation. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { PicturePath } from '../../core/media.ts';
import type { EventLog, Subscription, TailFollower } from '../../ports/event-log/event-log.ts';
import type { Mailer } from '../../ports/mailer/mailer.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Administration, createAdministration } from './administration.ts';
import { type ApiKeys, createApiKeys } from './api-keys/api-keys.ts';
import { type Credentials, createCredentials } from './credentials/credentials.ts';
import { createPasswords, type Passwords } from './credentials/password.ts';
import { createPasswordResets, type PasswordResets } from './credentials/password-resets.ts';
import { type AuditLog, createAuditLog } from './moderation/audit-log.ts';
import { createModeration, type Moderation } from './moderation/moderation.ts';
import { createReportedLinks, type ReportedLinksDeps } from './moderation/reported-links.ts';
import {
  createReportedPosts,
  type DeletePost,
  type ReadPost,
  type ReportedPosts,
} from './moderation/reported-posts.ts';
import { createReports, type FindLink, type PostExists, type Reports } from './moderation/reports.ts';
import { createOwnAccount, type OwnAccount } from './own-account.ts';
import { createRegistration, type Registration } from './registration.ts';
import { type Authenticator, createAuthenticator } from './sessions/authenticator.ts';
import { createSessions, type Sessions } from './sessions/sessions.ts';
import type { OwnPictures } from './users/profile-pictures.ts';
import { createProfiles, type Profiles, type ProfilesDeps } from './users/profiles.ts';
import { USERS_TOPIC } from './users/user-events.ts';
import { createUsers, type Users } from './users/users.ts';

export interface Accounts {
  readonly users: Users;
  readonly profiles: Profiles;
  readonly passwords: Passwords;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
  readonly apiKeys: ApiKeys;
  readonly passwordResets: PasswordResets;
  readonly registration: Registration;
  readonly ownAccount: OwnAccount;
  readonly reports: Reports;
  readonly reportedPosts: ReportedPosts;
  readonly moderation: Moderation;
  readonly auditLog: AuditLog;
  readonly administration: Administration;
  /** Keeps right who is in memory. */
  readonly tail: TailFollower;
  readonly subscriptions: readonly Subscription[];
  /** Starts to hear of sessions that other processes revoke. */
  open(): Promise<void>;
  /** Removes a batch of what has expired; answers how many rows. To be called now and then by one process. */
  deleteExpired(): Promise<number>;
  /** Finishes what goes on behind answers that were given. Before the stores close. */
  close(): Promise<void>;
}

export interface AccountsDeps extends Omit<ProfilesDeps, 'getUsers'>, ReportedLinksDeps {
  readonly sql: SqlStore;
  readonly events: EventLog;
  readonly mailer: Mailer;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly registration: 'open' | 'closed';
  /** Where people reach this server, without a slash at the end; known once it listens. */
  readonly publicUrl: () => string;
  readonly postExists: PostExists;
  readonly findLink: FindLink;
  readonly picturePath: PicturePath;
  readonly ownPictures: OwnPictures;
  readonly readPost: ReadPost;
  readonly deletePost: DeletePost;
  /** Whether only replicas of the database answer. */
  readonly isPrimaryAway?: () => boolean;
}

export function createAccounts(deps: AccountsDeps): Accounts {
  const authenticator = createAuthenticator(deps);
  const { revoked } = authenticator;
  const users = createUsers(deps);
  const profiles = createProfiles({ ...deps, getUsers: users.listUsers });
  const passwords = createPasswords(deps);
  const credentials = createCredentials({ ...deps, passwords, accountOf: users.accountOf });
  const sessions = createSessions({ ...deps, revoked });
  const apiKeys = createApiKeys({ ...deps, revoked });
  const passwordResets = createPasswordResets({ ...deps, users, credentials, sessions });
  const registration = createRegistration({ ...deps, users, credentials, sessions });
  const ownAccount = createOwnAccount({ users, credentials, sessions, passwordResets, apiKeys });
  const auditLog = createAuditLog(deps);
  const reportedLinks = createReportedLinks(deps);
  const reports = createReports({ ...deps, users, auditLog, reportedLinks });
  const moderation = createModeration({ ...deps, users, sessions, auditLog, revoked });
  return {
    users,
    profiles,
    passwords,
    credentials,
    sessions,
    authenticator,
    apiKeys,
    passwordResets,
    registration,
    ownAccount,
    reports,
    reportedPosts: createReportedPosts({ ...deps, moderation, auditLog }),
    moderation,
    auditLog,
    administration: createAdministration({
      ...deps,
      users,
      credentials,
      passwordResets,
      moderation,
      auditLog,
    }),
    tail: { topics: [USERS_TOPIC], hear: users.hear, follow: users.follow },
    subscriptions: [users.subscription, reportedLinks.subscription],
    open: () => authenticator.open(),
    async deleteExpired() {
      const deleted = [sessions, passwordResets, apiKeys].map((expiring) => expiring.deleteExpired());
      return (await Promise.all(deleted)).reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await passwordResets.close();
      await authenticator.close();
    },
  };
}
