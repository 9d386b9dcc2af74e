/** Which system user PostgreSQL runs as: it refuses to run as root. */
import { chmod, lchown, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../core/errors.ts';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** A user of its own is the safest; `nobody` may be shared with other services. */
const PREFERRED_NAMES = ['groundswell', 'postgres', 'nobody'] as const;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Makes the cluster's folder, owned by the user that PostgreSQL is to run as, and answers that user; `undefined`
 * stands for the user that we are. Data once written belongs to the same user for ever, unless someone gave it
 * to root (a copy made by root does that): then it is handed back.
 */
export async function ownClusterFolder(folder: string): Promise<SystemUser | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = await stat(folder);
  if (!isRoot()) {
    if (owner.uid !== process.getuid?.()) throw foreignFolder(folder, owner.uid);
    await chmod(folder, 0o700);
    return undefined;
  }
  const user = owner.uid === 0 ? await unprivilegedUser() : { uid: owner.uid, gid: owner.gid };
  if (owner.uid === 0) await handOver(folder, user);
  await chmod(folder, 0o700);
  return user;
}

async function unprivilegedUser(): Promise<SystemUser> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of PREFERRED_NAMES) {
    const [, , uid, gid] = lines.find(([found]) => found === name) ?? [];
    if (uid !== undefined && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new AppError(
    'unavailable',
    'PostgreSQL does not run as root, and /etc/passwd has no user "groundswell", "postgres" or "nobody". ' +
      'Add one (useradd --system groundswell), start as another user, or set GROUNDSWELL_DATABASE_URL.',
  );
}

/** The folder itself comes last, so that an interrupted hand-over is done again. */
async function handOver(folder: string, user: SystemUser): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await handOver(path, user);
    else await lchown(path, user.uid, user.gid);
  }
  await lchown(folder, user.uid, user.gid);
}

function foreignFolder(folder: string, uid: number): AppError {
  return new AppError(
    'unavailable',
    `The database in ${folder} belongs to the user with uid ${uid}, and this is uid ${process.getuid?.()}. ` +
      'Start as that user or as root, or name another folder in GROUNDSWELL_DATA.',
  );
}
