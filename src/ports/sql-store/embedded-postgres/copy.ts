/** A copy of a folder that other users can read and run, and only we can write. */
import { chmod, copyFile, lstat, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;
const ANY_EXECUTE = 0o111;
const OTHERS_WRITE = 0o022;
/** A temporary copy this old was left by a process that was killed: copying takes seconds. */
const ABANDONED_MS = 3_600_000;

/**
 * Copies what `isNeeded` of `source` into `target`, replacing what is there, and leaves out symbolic links.
 * It appears whole or not at all, also after a power failure.
 */
export async function copyTree(
  source: string,
  target: string,
  isNeeded: (name: string) => boolean,
): Promise<void> {
  const temporary = await mkdtemp(`${target}.`);
  try {
    await removeAbandoned(target, temporary);
    await copyFolder(source, temporary, isNeeded);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another process was faster: its copy is as good as ours.
    if (!(await isTrustedFolder(target))) throw error;
  }
}

async function copyFolder(
  source: string,
  target: string,
  isNeeded: (name: string) => boolean,
): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (!isNeeded(entry.name)) continue;
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      await mkdir(to);
      await copyFolder(from, to, isNeeded);
    } else if (entry.isFile()) await copyDurably(from, to);
  }
  await chmod(target, PROGRAM_MODE);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const { mode } = await stat(from);
  await chmod(to, (mode & ANY_EXECUTE) === 0 ? FILE_MODE : PROGRAM_MODE);
  const file = await open(to, 'r');
  await file.sync().finally(() => file.close());
}

/** Tells the age by the file system's own clock: `temporary` has just been made. */
async function removeAbandoned(target: string, temporary: string): Promise<void> {
  const nowMs = (await stat(temporary)).mtimeMs;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(`${basename(target)}.`)) continue;
    const path = join(dirname(target), name);
    const { mtimeMs } = await stat(path);
    if (nowMs - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** A real folder of ours that nobody else can write, so that what runs from it is what we put there. */
export async function isTrustedFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) return false;
  return found.uid === process.getuid?.() && (found.mode & OTHERS_WRITE) === 0;
}
