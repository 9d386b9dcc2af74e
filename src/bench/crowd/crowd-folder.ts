/**
 * What a bench notes beside the data that it keeps for later runs: which graph is in it, and the secret from which
 * the readers' tokens follow. Only for folders that a bench made itself: it fills them with people who are nobody.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Randomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { FollowGraph } from '../../seed/follow-graph.ts';

export interface CrowdNote {
  /** Tells graphs, and how many posts were loaded with them, apart. */
  readonly graph: string;
  /** False until the graph and its posts are loaded. */
  readonly complete: boolean;
  /** Followers of the star that are loaded. */
  readonly starFollowers: number;
  /** Base64 of the key of the tokens. */
  readonly tokenKey: string;
  readonly sessionsExpireMs: number;
}

const FILE = 'bench.json';
const TOKEN_KEY_BYTES = 32;

/**
 * That of the folder, which a new folder gets. To be called before anything is put into the folder. Fails with
 * `conflict` when the folder has data that is not a bench's, or a bench's of another graph.
 */
export async function openCrowdNote(
  folder: string,
  graph: string,
  randomness: Pick<Randomness, 'bytes'>,
): Promise<CrowdNote> {
  const known = await readCrowdNote(folder);
  if (known !== undefined) return requireGraph(known, graph, folder);
  if (existsSync(path.join(folder, 'postgres'))) {
    throw new AppError(
      'conflict',
      `${folder} has data that is not a bench's. Name another folder with --data.`,
    );
  }
  const tokenKey = newTokenKey(randomness);
  const note = { graph, complete: false, starFollowers: 0, tokenKey, sessionsExpireMs: 0 };
  await writeCrowdNote(folder, note);
  return note;
}

export function newTokenKey(randomness: Pick<Randomness, 'bytes'>): string {
  return randomness.bytes(TOKEN_KEY_BYTES).toString('base64');
}

function requireGraph(note: CrowdNote, graph: string, folder: string): CrowdNote {
  if (note.graph === graph) return note;
  throw new AppError('conflict', `${folder} has another graph in it, or other posts. Name another folder.`);
}

async function readCrowdNote(folder: string): Promise<CrowdNote | undefined> {
  const file = path.join(folder, FILE);
  // Written by `writeCrowdNote`, so it is taken as it is.
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as CrowdNote) : undefined;
}

export async function writeCrowdNote(folder: string, note: CrowdNote): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, FILE), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
}

export function fingerprintOf({ labels, followers, followees }: FollowGraph, posts: number): string {
  const hash = createHash('sha256').update(`${posts} ${labels.join(' ')}`);
  for (const { buffer, byteOffset, byteLength } of [followers, followees]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
