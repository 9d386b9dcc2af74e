/** `groundswell admin`: accounts, for whoever has the command line of the server. */
import { Argument, Command, Option } from 'commander';
import { systemRandomness } from '../core/clock.ts';
import type { UserRole } from '../core/principal.ts';
import type { Administration } from '../systems/accounts/administration.ts';
import { generatePassword } from '../systems/accounts/credentials/generated-password.ts';
import { auditCommand, usersCommand } from './admin-lists.ts';
import { serviceLevelCommand } from './admin-service-level.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct, withProduct } from './open-product.ts';
import { readPassword } from './standard-input.ts';
import { formatTime } from './table.ts';

const ROLES: readonly UserRole[] = ['user', 'moderator', 'administrator'];

interface NewUserOptions extends SettingOptions {
  readonly email?: string;
  readonly role: UserRole;
  readonly passwordStdin?: true;
}

export function adminCommand(): Command {
  const admin = new Command('admin');
  for (const command of [
    createUserCommand(),
    promoteCommand(),
    suspendCommand(),
    restoreCommand(),
    resetPasswordCommand(),
    serviceLevelCommand(),
    usersCommand(),
    auditCommand(),
  ]) {
    admin.addCommand(command);
  }
  return withExamples(admin, 'groundswell admin create-user alice --role administrator');
}

function createUserCommand(): Command {
  const command = withDatabaseOptions(new Command('create-user'))
    .summary('create an account')
    .description('Create an account, also where registration is closed.')
    .argument('<username>', '3 to 30 letters, digits or _')
    .option('--email <address>', 'for resetting the password by mail')
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('user'))
    .option('--password-stdin', 'read the password; without this, one is made and shown once')
    .action(createUser);
  return withExamples(
    command,
    'groundswell admin create-user alice --role administrator',
    'groundswell admin create-user bob --password-stdin < bob.txt',
  );
}

async function createUser(username: string, options: NewUserOptions): Promise<void> {
  const { email, role, passwordStdin } = options;
  const given = passwordStdin ? await readPassword() : undefined;
  const password = given ?? generatePassword(systemRandomness);
  const account = await withProduct(options, 'groundswell admin', ({ product }) =>
    product.accounts.administration.createUser({ username, email, role, password }),
  );
  console.log(`Created the ${account.role} ${account.username}.`);
  if (given === undefined) console.log(`Password: ${password}`);
}

function promoteCommand(): Command {
  const command = withDatabaseOptions(new Command('promote'))
    .summary('appoint or dismiss staff')
    .description('Appoint staff, or dismiss them with the role user. It holds at once.')
    .argument('<username>')
    .addArgument(new Argument('<role>', 'what they may do from now on').choices(ROLES))
    .action(async (username: string, role: UserRole, options: SettingOptions) => {
      const account = await administer(options, (accounts) => accounts.promoteUser(username, role));
      const article = account.role === 'administrator' ? 'an' : 'a';
      console.log(`${account.username} is ${article} ${account.role} now.`);
    });
  return withExamples(command, 'groundswell admin promote alice moderator');
}

function suspendCommand(): Command {
  const command = withDatabaseOptions(new Command('suspend'))
    .summary('sign somebody out and hide them')
    .description('Sign somebody out everywhere, and hide them and what they wrote.')
    .argument('<username>')
    .requiredOption('--reason <text>', 'for the audit log; of one who is suspended, the first one stays')
    .action(
      async (username: string, { reason, ...options }: SettingOptions & { readonly reason: string }) => {
        const account = await administer(options, (accounts) => accounts.suspendUser(username, reason));
        console.log(`${account.username} is suspended, and signed out everywhere.`);
      },
    );
  return withExamples(command, 'groundswell admin suspend mallory --reason "sends the same to everyone"');
}

function restoreCommand(): Command {
  const command = withDatabaseOptions(new Command('restore'))
    .summary('undo a suspension')
    .description('Undo a suspension: all that was hidden is there again.')
    .argument('<username>')
    .action(async (username: string, options: SettingOptions) => {
      const account = await administer(options, (accounts) => accounts.restoreUser(username));
      console.log(`${account.username} is not suspended.`);
    });
  return withExamples(command, 'groundswell admin restore mallory');
}

function resetPasswordCommand(): Command {
  const command = withDatabaseOptions(new Command('reset-password'))
    .summary('print a link for a new password')
    .description('Print a link with which somebody can set a new password, once, within an hour.')
    .argument('<username>')
    .action(resetPassword);
  return withExamples(command, 'groundswell admin reset-password alice');
}

async function resetPassword(username: string, options: SettingOptions): Promise<void> {
  const { link, publicUrl } = await withExistingProduct(
    options,
    'groundswell admin',
    async ({ product, publicUrl: url }) => ({
      link: await product.accounts.administration.resetPassword(username),
      publicUrl: url(),
    }),
  );
  console.log(link.url);
  // Only the link goes to a program that reads it.
  console.error(
    [
      '',
      `Good for one new password of ${username}, until ${formatTime(link.expiresAt)} UTC.`,
      'Without a browser:',
      `  curl -X PUT -H 'content-type: application/json' -d '{"password": "…"}' \\`,
      `    ${publicUrl}/api/v1/password-resets/${link.token}`,
    ].join('\n'),
  );
}

function administer<Result>(
  options: SettingOptions,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  return withExistingProduct(options, 'groundswell admin', ({ product }) =>
    work(product.accounts.administration),
  );
}
