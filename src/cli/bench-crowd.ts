/** Gives a bench the people of a follow graph to work with, in a data folder that may be kept for later runs. */
import type { Crowd } from '../bench/crowd/crowd.ts';
import { fingerprintOf, openCrowdNote } from '../bench/crowd/crowd-folder.ts';
import { prepareCrowd } from '../bench/crowd/prepare-crowd.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { withClient } from '../ports/sql-store/postgres-connection.ts';
import { type FollowGraph, generateFollowGraph, readFollowGraph } from '../seed/follow-graph.ts';
import { withProduct } from './open-product.ts';
import { seedTarget } from './seed.ts';

export interface BenchCrowdOptions {
  /** A file with a graph; without one it is generated. */
  readonly graph?: string;
  readonly people: number;
  readonly followsMean: number;
  readonly postsPerPerson: number;
  readonly starFollowers: number;
  readonly seed: number;
  readonly folder: string;
  readonly databaseUrl: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Loads what is not there yet, before any server runs. Stops between two batches when it is interrupted. */
export async function loadBenchCrowd(options: BenchCrowdOptions): Promise<Crowd> {
  const { databaseUrl, folder, postsPerPerson, starFollowers, seed, signal } = options;
  const onProgress = (text: string): void => {
    if (signal.aborted) throw new AppError('unavailable', 'The bench was interrupted.');
    options.onProgress(text);
  };
  const graph = await graphOf(options, onProgress);
  const posts = Math.round(graph.labels.length * postsPerPerson);
  const note = await openCrowdNote(folder, fingerprintOf(graph, posts), systemRandomness);
  const settings = { data: folder, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
  return withProduct(settings, 'groundswell bench', ({ ports }) => {
    const { sql, database } = ports;
    const vacuum = async (): Promise<void> => {
      await withClient(database.connection, (client) => client.query('VACUUM (ANALYZE)'));
    };
    const target = seedTarget(ports);
    const deps = { sql, target, vacuum, clock: systemClock, randomness: systemRandomness };
    return prepareCrowd(deps, { graph, posts, starFollowers, seed, folder, note, onProgress });
  });
}

function graphOf(
  { graph, people, followsMean, seed }: BenchCrowdOptions,
  onProgress: (text: string) => void,
): Promise<FollowGraph> | FollowGraph {
  if (graph === undefined) return generateFollowGraph({ people, followsMean, seed });
  const show = (fraction: number): void => onProgress(`reading the graph: ${Math.floor(fraction * 100)} %`);
  return readFollowGraph(graph, { undirected: false, onProgress: show });
}
