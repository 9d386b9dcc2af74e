/** What `groundswell admin` shows: the users, and what was done to them. */
import { Command } from 'commander';
import { ID_MAX, type Id, idTimeMs, idTimestamp, parseId } from '../core/ids.ts';
import type { NamedAuditEntry } from '../systems/accounts/administration.ts';
import type { Account } from '../systems/accounts/users/user-rows.ts';
import { withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { type ListOptions, printListing, withListOptions } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { formatTime } from './table.ts';

export function usersCommand(): Command {
  const command = withListOptions(withDatabaseOptions(new Command('users')))
    .summary('list the accounts')
    .description('List the accounts, the newest first.')
    .action(listUsers);
  return withExamples(command, 'groundswell admin users --limit 100 --json');
}

async function listUsers(options: ListOptions): Promise<void> {
  const before = pageStart(options);
  const page = await withExistingProduct(options, 'groundswell admin', ({ product }) =>
    product.accounts.administration.listUsers(before, options.limit),
  );
  printListing(
    {
      items: page.items,
      nextPageToken: tokenOf(page.nextBefore),
      present: presentUser,
      titles: ['USERNAME', 'ROLE', 'STATE', 'CREATED (UTC)', 'EMAIL'],
      row: ({ userId, username, role, suspendedAt, email }) => [
        username,
        role,
        suspendedAt === null ? 'active' : 'suspended',
        formatTime(new Date(idTimeMs(userId))),
        email ?? '-',
      ],
      noun: 'users',
    },
    options,
  );
}

function presentUser(account: Account): object {
  return {
    user_id: String(account.userId),
    username: account.username,
    display_name: account.displayName,
    email: account.email,
    role: account.role,
    tier: account.tier,
    suspended_at: account.suspendedAt?.toISOString() ?? null,
    created_at: idTimestamp(account.userId),
  };
}

export function auditCommand(): Command {
  const command = withListOptions(withDatabaseOptions(new Command('audit')))
    .summary('list what the staff did')
    .description('List what the staff did, the newest first.')
    .action(listAuditEntries);
  return withExamples(command, 'groundswell admin audit --limit 5');
}

async function listAuditEntries(options: ListOptions): Promise<void> {
  const before = pageStart(options);
  const page = await withExistingProduct(options, 'groundswell admin', ({ product }) =>
    product.accounts.administration.listAuditEntries(before, options.limit),
  );
  printListing(
    {
      items: page.items,
      nextPageToken: tokenOf(page.nextBefore),
      present: presentEntry,
      titles: ['TIME (UTC)', 'BY', 'ACTION', 'USER', 'DETAIL'],
      row: ({ entryId, actor, action, username, detail }) => [
        formatTime(new Date(idTimeMs(entryId))),
        actor ?? 'command line',
        action,
        username ?? '-',
        detail,
      ],
      noun: 'entries in the audit log',
    },
    options,
  );
}

function presentEntry(entry: NamedAuditEntry): object {
  return {
    entry_id: String(entry.entryId),
    actor_id: textOf(entry.actorId),
    actor: entry.actor ?? null,
    action: entry.action,
    user_id: textOf(entry.userId),
    username: entry.username ?? null,
    report_id: textOf(entry.reportId),
    detail: entry.detail,
    created_at: idTimestamp(entry.entryId),
  };
}

function textOf(id: Id | null): string | null {
  return id === null ? null : String(id);
}

/** A page goes on below the id of the last entry of the one before. */
function pageStart({ pageToken }: ListOptions): Id {
  return pageToken === undefined ? ID_MAX : parseId(pageToken, '--page-token');
}

function tokenOf(nextBefore: Id | undefined): string | undefined {
  return nextBefore === undefined ? undefined : String(nextBefore);
}
