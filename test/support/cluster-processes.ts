import { readdir, stat } from 'node:fs/promises';

/** The ids of the processes whose working directory is the folder: on Linux, every PostgreSQL of a cluster. */
export async function processesIn(folder: string): Promise<number[]> {
  const wanted = await stat(folder);
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const directories = await Promise.all(pids.map((pid) => stat(`/proc/${pid}/cwd`).catch(() => undefined)));
  return pids.filter((_pid, index) => {
    const directory = directories[index];
    return directory?.ino === wanted.ino && directory.dev === wanted.dev;
  });
}
