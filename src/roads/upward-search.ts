/** A look at all that lies above some nodes of a contraction hierarchy, in one direction, with the time to each of it. */
import type { UpwardArcs } from './contraction.ts';
import { createNodeQueue } from './node-queue.ts';

/** Where a search begins. */
export interface Start {
  readonly node: number;
  readonly ms: number;
  /** On the way from the place of the start to the node. */
  readonly cm: number;
}

export interface UpwardSearch {
  /** Forgets the search before. */
  run(starts: readonly Start[]): void;
  /** The nodes that the search has settled; those above which there was a faster way anyhow are left out. */
  readonly settled: readonly number[];
  /** `Infinity`: it was not reached. */
  reachedMs(node: number): number;
  /** The arcs by which a node was reached, the last one first, as their places in the columns; and where that began. */
  wayTo(node: number): { readonly arcs: readonly number[]; readonly start: number };
}

/** The place of the arc of a node that is a start. */
const NO_ARC = -1;

/** `against` are the arcs of the other direction. */
export function createUpwardSearch(along: UpwardArcs, against: UpwardArcs): UpwardSearch {
  const nodes = along.starts.length - 1;
  const queue = createNodeQueue();
  const times = new Float64Array(nodes);
  const runs = new Int32Array(nodes);
  const arcs = new Int32Array(nodes);
  const below = new Int32Array(nodes);
  const settled: number[] = [];
  let run = 0;

  const reachedMs = (node: number): number =>
    runs[node] === run ? (times[node] ?? 0) : Number.POSITIVE_INFINITY;

  function reach(node: number, ms: number, arc: number, from: number): void {
    if (reachedMs(node) <= ms) return;
    runs[node] = run;
    times[node] = ms;
    arcs[node] = arc;
    below[node] = from;
    queue.push(node, ms);
  }

  /** Whether there is a faster way down to it, so that no fastest way leads upwards over it ("stall on demand"). */
  function isDetour(node: number, ms: number): boolean {
    const end = against.starts[node + 1] ?? 0;
    for (let arc = against.starts[node] ?? 0; arc < end; arc += 1) {
      if (reachedMs(against.uppers[arc] ?? 0) + (against.ms[arc] ?? 0) < ms) return true;
    }
    return false;
  }

  return {
    settled,
    reachedMs,

    run(starts) {
      run += 1;
      queue.clear();
      settled.length = 0;
      for (const { node, ms } of starts) reach(node, ms, NO_ARC, node);
      for (let ms = queue.minKey(); ms < Number.POSITIVE_INFINITY; ms = queue.minKey()) {
        const node = queue.pop();
        if (ms > reachedMs(node) || isDetour(node, ms)) continue;
        settled.push(node);
        const end = along.starts[node + 1] ?? 0;
        for (let arc = along.starts[node] ?? 0; arc < end; arc += 1) {
          reach(along.uppers[arc] ?? 0, ms + (along.ms[arc] ?? 0), arc, node);
        }
      }
    },

    wayTo(node) {
      const way: number[] = [];
      let at = node;
      for (let arc = arcs[at] ?? NO_ARC; arc !== NO_ARC; arc = arcs[at] ?? NO_ARC) {
        way.push(arc);
        at = below[at] ?? 0;
      }
      return { arcs: way, start: at };
    },
  };
}
