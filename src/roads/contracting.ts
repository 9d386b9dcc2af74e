/**
 * The graph while it is contracted: arcs between the nodes that are left, and what it would take to leave out one more. See
 * contraction.ts.
 */
import { createNodeQueue } from './node-queue.ts';
import { NOT_ALLOWED, type RoadGraph } from './road-graph.ts';

/** What leads from one node to another: a segment, or a shortcut past a node that was left out. */
export interface Arc {
  readonly tail: number;
  readonly head: number;
  readonly ms: number;
  readonly cm: number;
  /** Of a shortcut: the node that it leads past. Of a segment: -1 - its number. */
  readonly via: number;
}

export interface Contracting {
  /** From the node, and to it; of those that are left, the fastest between any two. */
  readonly out: Arc[][];
  readonly in: Arc[][];
  /** The shortcuts without which ways past the node would become longer. */
  shortcutsPast(node: number, settledMax: number): Arc[];
  leaveOut(node: number, shortcuts: readonly Arc[]): void;
}

export function createContracting(graph: RoadGraph): Contracting {
  const nodes = graph.nodeLats.length;
  const out: Arc[][] = Array.from({ length: nodes }, () => []);
  const into: Arc[][] = Array.from({ length: nodes }, () => []);
  const search = createWitnessSearch(out, nodes);

  function add(arc: Arc): void {
    if (arc.tail === arc.head) return;
    replaceSlower(out[arc.tail] ?? [], arc, (other) => other.head === arc.head);
    replaceSlower(into[arc.head] ?? [], arc, (other) => other.tail === arc.tail);
  }

  for (const [segment, cm] of graph.lengthsCm.entries()) {
    const [tail, head] = [graph.tails[segment] ?? 0, graph.heads[segment] ?? 0];
    const [forth, back] = [graph.forwardMs[segment] ?? 0, graph.backwardMs[segment] ?? 0];
    if (forth !== NOT_ALLOWED) add({ tail, head, ms: forth, cm, via: -1 - segment });
    if (back !== NOT_ALLOWED) add({ tail: head, head: tail, ms: back, cm, via: -1 - segment });
  }

  return {
    out,
    in: into,

    shortcutsPast(node, settledMax) {
      const shortcuts: Arc[] = [];
      const after = out[node] ?? [];
      if (after.length === 0) return shortcuts;
      const longestMs = after.reduce((longest, { ms }) => Math.max(longest, ms), 0);
      for (const before of into[node] ?? []) {
        search.run(before.tail, node, before.ms + longestMs, settledMax);
        for (const next of after) {
          const ms = before.ms + next.ms;
          if (next.head === before.tail || search.reached(next.head) <= ms) continue;
          shortcuts.push({ tail: before.tail, head: next.head, ms, cm: before.cm + next.cm, via: node });
        }
      }
      return shortcuts;
    },

    leaveOut(node, shortcuts) {
      for (const { tail } of into[node] ?? [])
        out[tail] = (out[tail] ?? []).filter(({ head }) => head !== node);
      for (const { head } of out[node] ?? [])
        into[head] = (into[head] ?? []).filter(({ tail }) => tail !== node);
      for (const shortcut of shortcuts) add(shortcut);
    },
  };
}

function replaceSlower(arcs: Arc[], arc: Arc, isBetweenTheSame: (other: Arc) => boolean): void {
  const at = arcs.findIndex(isBetweenTheSame);
  if (at === -1) arcs.push(arc);
  else if ((arcs[at]?.ms ?? 0) > arc.ms) arcs[at] = arc;
}

/** Dijkstra's algorithm round one node. One that gives up early finds fewer ways, which costs shortcuts that nobody needs, and nothing else. */
function createWitnessSearch(out: readonly Arc[][], nodes: number) {
  const queue = createNodeQueue();
  const reachedMs = new Float64Array(nodes);
  const reachedIn = new Int32Array(nodes);
  let run = 0;
  const reached = (node: number): number =>
    reachedIn[node] === run ? (reachedMs[node] ?? 0) : Number.POSITIVE_INFINITY;

  function reach(node: number, ms: number): void {
    if (reached(node) <= ms) return;
    reachedIn[node] = run;
    reachedMs[node] = ms;
    queue.push(node, ms);
  }

  return {
    reached,
    run(from: number, without: number, withinMs: number, settledMax: number): void {
      run += 1;
      queue.clear();
      reach(from, 0);
      for (let settled = 0; settled < settledMax && queue.minKey() <= withinMs; settled += 1) {
        const ms = queue.minKey();
        const node = queue.pop();
        if (ms > reached(node)) continue;
        for (const arc of out[node] ?? []) if (arc.head !== without) reach(arc.head, ms + arc.ms);
      }
    },
  };
}
