/** The road files of a data folder, one a town. */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';

const ENDING = '.roads';

export function roadFilePath(dataFolder: string, city: string): string {
  return path.join(dataFolder, 'roads', `${city}${ENDING}`);
}

/** In the order of their names; none, where there is no such folder. */
export async function roadFilePaths(dataFolder: string): Promise<readonly string[]> {
  const folder = path.join(dataFolder, 'roads');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(ENDING))
    .sort()
    .map((name) => path.join(folder, name));
}

export async function makeRoadFolder(dataFolder: string): Promise<void> {
  await mkdir(path.join(dataFolder, 'roads'), { recursive: true, mode: 0o700 });
}
