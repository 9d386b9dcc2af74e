import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Randomness } from '../../core/clock.ts';

const SECRET_BYTES = 24;

/** The password of an engine, in a file that only we can read; made when it is first asked for. */
export async function keepSecret(folder: string, randomness: Randomness): Promise<string> {
  const file = path.join(folder, 'password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.trim() !== '') return known.trim();
  const secret = randomness.bytes(SECRET_BYTES).toString('base64url');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, secret, { mode: 0o600, flush: true });
  return secret;
}
