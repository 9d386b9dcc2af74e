/** All HTTP of the system. */
import type { Writes } from '../../http/idempotency.ts';
import type { App } from '../../http/server.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Accounts } from './accounts.ts';
import { API_KEYS_SCHEMAS, apiKeysRoutes } from './api-keys/api-keys-routes.ts';
import { passwordResetsRoutes } from './credentials/password-resets-routes.ts';
import { MODERATION_SCHEMAS, moderationRoutes } from './moderation/moderation-routes.ts';
import { SESSIONS_SCHEMAS, sessionsRoutes } from './sessions/sessions-routes.ts';
import { signUpRoutes } from './users/sign-up-routes.ts';
import { USERS_SCHEMAS, usersRoutes } from './users/users-routes.ts';

export const ACCOUNTS_SCHEMAS = [
  ...USERS_SCHEMAS,
  ...SESSIONS_SCHEMAS,
  ...API_KEYS_SCHEMAS,
  ...MODERATION_SCHEMAS,
] as const;

export interface AccountsRoutesDeps {
  readonly accounts: Accounts;
  readonly sql: SqlStore;
  readonly writes: Writes;
  /** Clients reach the server by https, so the cookie goes no other way. */
  readonly secureCookies: boolean;
}

export function accountsRoutes(app: App, { accounts, sql, writes, secureCookies }: AccountsRoutesDeps): void {
  const deps = { ...accounts, sql, writes, secureCookies };
  signUpRoutes(app, deps);
  usersRoutes(app, deps);
  sessionsRoutes(app, deps);
  apiKeysRoutes(app, deps);
  passwordResetsRoutes(app, deps);
  moderationRoutes(app, deps);
}
