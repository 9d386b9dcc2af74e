/** The password that we connect with: random, in a file that only we can read. */
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import type { Randomness } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type Cluster, SUPERUSER } from './cluster.ts';
import { clusterPath, runProgram } from './program.ts';

const PASSWORD_BYTES = 24;

/**
 * The password in `file`. When there is none (a new cluster, or a copy of the data without the file) a new one
 * is set through PostgreSQL's single-user mode, so the server must not be running.
 */
export async function providePassword(
  cluster: Cluster,
  file: string,
  randomness: Randomness,
): Promise<string> {
  const known = await readPassword(file);
  if (known !== undefined) return known;
  const password = randomness.bytes(PASSWORD_BYTES).toString('base64url');
  await setPassword(cluster, password);
  await writeFile(`${file}.new`, password, { mode: 0o600, flush: true });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
  return password;
}

async function readPassword(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function setPassword({ folder, binaries, user }: Cluster, password: string): Promise<void> {
  const args = ['--single', '-D', clusterPath(folder), 'postgres'];
  const input = `ALTER ROLE ${SUPERUSER} PASSWORD '${password}'\n`; // base64url needs no quoting.
  const { exitCode, output } = await runProgram({ file: binaries.postgres, args, folder, user }, input);
  if (exitCode === 0 && !/(ERROR|FATAL|PANIC):/.test(output)) return;
  const reason = output.replaceAll(password, '…').trim().split('\n').slice(-3).join(' ');
  throw new AppError('unavailable', `The database's password could not be set: ${reason}`);
}
