/** A follow graph in memory: people in the order in which they first appear, and edges between their numbers. */
import { readEdgeList } from './edge-list.ts';
import { type PowerLawGraphOptions, powerLawGraph } from './power-law-graph.ts';

export interface FollowGraph {
  /** What the graph calls each person. */
  readonly labels: readonly string[];
  readonly followers: Int32Array;
  readonly followees: Int32Array;
}

export interface GraphFileOptions {
  /** A line means that each follows the other. */
  readonly undirected: boolean;
  readonly onProgress: (fraction: number) => void;
}

/** Reads the whole file before anything is written, so that a line that is wrong leaves nothing half done. */
export async function readFollowGraph(file: string, options: GraphFileOptions): Promise<FollowGraph> {
  const builder = createGraphBuilder();
  const edges = readEdgeList(file, ({ bytesRead, bytesTotal }) => options.onProgress(bytesRead / bytesTotal));
  for await (const batch of edges) {
    for (const [follower, followee] of batch) {
      builder.add(follower, followee);
      if (options.undirected) builder.add(followee, follower);
    }
  }
  return builder.graph();
}

/** A generated one; person k is called `k`, and the first are the most followed. */
export function generateFollowGraph(options: PowerLawGraphOptions): FollowGraph {
  const labels = Array.from({ length: options.people }, (_, index) => String(index));
  const edges = [...powerLawGraph(options)];
  return {
    labels,
    followers: Int32Array.from(edges, ([follower]) => follower),
    followees: Int32Array.from(edges, ([, followee]) => followee),
  };
}

/** How many followers each person has, by number. */
export function followerCounts({ labels, followees }: FollowGraph): Uint32Array {
  const counts = new Uint32Array(labels.length);
  for (const followee of followees) counts[followee] = (counts[followee] ?? 0) + 1;
  return counts;
}

function createGraphBuilder() {
  const numbers = new Map<string, number>();
  const followers: number[] = [];
  const followees: number[] = [];
  const numberOf = (label: string): number => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    numbers.set(label, numbers.size);
    return numbers.size - 1;
  };
  return {
    add(follower: string, followee: string): void {
      followers.push(numberOf(follower));
      followees.push(numberOf(followee));
    },
    graph: (): FollowGraph => ({
      labels: [...numbers.keys()],
      followers: Int32Array.from(followers),
      followees: Int32Array.from(followees),
    }),
  };
}
