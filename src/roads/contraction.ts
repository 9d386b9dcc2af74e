/**
 * A contraction hierarchy (Geisberger, Sanders, Schultes, Delling: Contraction Hierarchies, WEA 2008): nodes are left out one after
 * the other, the least important first, and where the fastest way between two that are left led past one, a shortcut takes its place.
 * Then every fastest way goes only upwards from its beginning and, backwards, only upwards from its end, so a search sees some
 * hundred nodes of 100,000.
 */
import { type Arc, type Contracting, createContracting } from './contracting.ts';
import { createNodeQueue } from './node-queue.ts';
import type { RoadGraph } from './road-graph.ts';

/** Arcs to nodes that are more important, by the node at their lower end. */
export interface UpwardArcs {
  /** Where those of a node begin; one more than there are nodes. */
  readonly starts: Int32Array;
  /** The node at the upper end. */
  readonly uppers: Int32Array;
  readonly ms: Int32Array;
  readonly cm: Int32Array;
  /** Of a shortcut: the node that it leads past. Of a segment: -1 - its number. */
  readonly vias: Int32Array;
}

export interface Contraction {
  /** In which one drives upwards. */
  readonly forward: UpwardArcs;
  /** In which one drives downwards. */
  readonly backward: UpwardArcs;
}

/** To say what is important, a rough look is enough; a shortcut that is not needed stays for good. */
const SETTLED_MAX_LOOKING = 24;
const SETTLED_MAX_CONTRACTING = 120;
const STEPS_PER_REPORT = 1_000;

/** `onProgress` is given the share of nodes that are done. */
export function contract(
  graph: RoadGraph,
  onProgress: (fraction: number) => void = () => undefined,
): Contraction {
  const nodes = graph.nodeLats.length;
  const contracting = createContracting(graph);
  const importance = createImportance(contracting, nodes);
  const forward: (readonly Arc[])[] = new Array(nodes);
  const backward: (readonly Arc[])[] = new Array(nodes);
  for (let done = 0; done < nodes; done += 1) {
    const node = importance.next();
    const shortcuts = contracting.shortcutsPast(node, SETTLED_MAX_CONTRACTING);
    forward[node] = contracting.out[node] ?? [];
    backward[node] = contracting.in[node] ?? [];
    contracting.leaveOut(node, shortcuts);
    importance.leftOut(node);
    if (done % STEPS_PER_REPORT === 0) onProgress(done / nodes);
  }
  return {
    forward: columnsOf(forward, ({ head }) => head),
    backward: columnsOf(backward, ({ tail }) => tail),
  };
}

/** Who is left out next: whoever costs the fewest shortcuts for the arcs that go, and is not beside many who went before. */
function createImportance({ out, in: into, shortcutsPast }: Contracting, nodes: number) {
  const queue = createNodeQueue();
  const keys = new Int32Array(nodes);
  const depths = new Int32Array(nodes);
  const neighboursGone = new Int32Array(nodes);
  const gone = new Uint8Array(nodes);

  function keyOf(node: number): number {
    const arcs = (out[node]?.length ?? 0) + (into[node]?.length ?? 0);
    const shortcuts = shortcutsPast(node, SETTLED_MAX_LOOKING).length;
    return 4 * (shortcuts - arcs) + 2 * (depths[node] ?? 0) + (neighboursGone[node] ?? 0);
  }

  function put(node: number): void {
    const key = keyOf(node);
    keys[node] = key;
    queue.push(node, key);
  }

  for (let node = 0; node < nodes; node += 1) put(node);

  return {
    next(): number {
      for (;;) {
        const key = queue.minKey();
        const node = queue.pop();
        // It has another key by now.
        if (gone[node] === 1 || key !== keys[node]) continue;
        const now = keyOf(node);
        if (now <= queue.minKey()) return node;
        keys[node] = now;
        queue.push(node, now);
      }
    },

    leftOut(node: number): void {
      gone[node] = 1;
      const neighbours = new Set([
        ...(out[node] ?? []).map(({ head }) => head),
        ...(into[node] ?? []).map(({ tail }) => tail),
      ]);
      for (const neighbour of neighbours) {
        neighboursGone[neighbour] = (neighboursGone[neighbour] ?? 0) + 1;
        depths[neighbour] = Math.max(depths[neighbour] ?? 0, (depths[node] ?? 0) + 1);
        put(neighbour);
      }
    },
  };
}

function columnsOf(lists: readonly (readonly Arc[])[], upperOf: (arc: Arc) => number): UpwardArcs {
  const starts = new Int32Array(lists.length + 1);
  for (const [node, arcs] of lists.entries()) starts[node + 1] = (starts[node] ?? 0) + arcs.length;
  const column = (read: (arc: Arc) => number): Int32Array => {
    const values = new Int32Array(starts[lists.length] ?? 0);
    let at = 0;
    for (const arcs of lists) for (const arc of arcs) values[at++] = read(arc);
    return values;
  };
  return {
    ...{ starts, uppers: column(upperOf), ms: column(({ ms }) => ms) },
    ...{ cm: column(({ cm }) => cm), vias: column(({ via }) => via) },
  };
}
