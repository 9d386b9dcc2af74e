/** The folder of the server's socket: short, because a socket's path has 107 bytes, and private. */
import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '../../../core/errors.ts';
import { isRoot, type SystemUser } from './user.ts';

/** No server listens on this port: PostgreSQL names its socket after it. */
export const SOCKET_PORT = 5432;
/** Root's: the folders in it belong to the users that PostgreSQL runs as. */
const SYSTEM_FOLDER = '/run/groundswell';
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
/** sockaddr_un has room for 108 bytes on Linux and 104 on macOS, the last of them zero. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * Makes the folder, the same at every start of the same cluster, and empties it of a killed server's socket.
 * Only the user that PostgreSQL runs as (and root) can enter it.
 */
export async function prepareSocketFolder(
  clusterFolder: string,
  user: SystemUser | undefined,
): Promise<string> {
  const { dev, ino } = await stat(clusterFolder, { bigint: true });
  const name = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 16);
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const refusals: string[] = [];
  for (const folder of candidates(name, uid)) {
    try {
      await preparePrivateFolder(folder, user, uid);
      return folder;
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new AppError('unavailable', `PostgreSQL's socket finds no place: ${refusals.join('; ')}.`);
}

function candidates(name: string, uid: number): string[] {
  const system = isRoot() ? join(SYSTEM_FOLDER, name) : `/run/user/${uid}/groundswell-${name}`;
  const temporary = [tmpdir(), '/tmp'].map((folder) => join(folder, `groundswell-${uid}-${name}`));
  const all = [system, ...new Set(temporary)];
  return all.filter((folder) => Buffer.byteLength(join(folder, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX);
}

async function preparePrivateFolder(
  folder: string,
  user: SystemUser | undefined,
  uid: number,
): Promise<void> {
  if (dirname(folder) === SYSTEM_FOLDER) {
    await mkdir(SYSTEM_FOLDER, { recursive: true });
    await chmod(SYSTEM_FOLDER, 0o755); // The umask may have closed it.
  }
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  const isOurs = found.uid === uid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !isOurs) throw new Error(`${folder} belongs to somebody else`);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) {
    if (name.startsWith(SOCKET_NAME)) await rm(join(folder, name));
  }
}
