/** Which crossings can be reached from which: what is left of the roads without corners that nobody gets into or out of. */
import { NOT_ALLOWED, type RoadGraph } from './road-graph.ts';

/** Of each node the number of its part: within one, everything can be reached from everywhere (Tarjan 1972, without recursion). */
export function partsOf(graph: RoadGraph): { readonly parts: Int32Array; readonly sizes: readonly number[] } {
  const { starts, heads } = arcsOf(graph);
  const nodes = graph.nodeLats.length;
  const parts = new Int32Array(nodes).fill(-1);
  const order = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const next = starts.slice(0, nodes);
  const open: number[] = [];
  const path: number[] = [];
  const sizes: number[] = [];
  let visited = 0;

  function enter(node: number): void {
    order[node] = visited;
    low[node] = visited;
    visited += 1;
    open.push(node);
    path.push(node);
  }

  function leave(node: number): void {
    path.pop();
    const before = path.at(-1);
    if (before !== undefined) low[before] = Math.min(low[before] ?? 0, low[node] ?? 0);
    if (low[node] !== order[node]) return;
    let size = 0;
    for (let member = -1; member !== node; size += 1) {
      member = open.pop() ?? node;
      parts[member] = sizes.length;
    }
    sizes.push(size);
  }

  function step(node: number): void {
    const arc = next[node] ?? 0;
    if (arc === (starts[node + 1] ?? 0)) {
      leave(node);
      return;
    }
    next[node] = arc + 1;
    const head = heads[arc] ?? 0;
    if (order[head] === -1) enter(head);
    else if (parts[head] === -1) low[node] = Math.min(low[node] ?? 0, order[head] ?? 0);
  }

  for (let root = 0; root < nodes; root += 1) {
    if (order[root] !== -1) continue;
    enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) step(node);
  }
  return { parts, sizes };
}

/** The segments that are within one part of at least so many nodes. */
export function connectedSegments(graph: RoadGraph, nodesMin: number): readonly number[] {
  const { parts, sizes } = partsOf(graph);
  return [...graph.tails.keys()].filter((segment) => {
    const part = parts[graph.tails[segment] ?? 0] ?? 0;
    return part === parts[graph.heads[segment] ?? 0] && (sizes[part] ?? 0) >= nodesMin;
  });
}

/** Where one can drive from each node. */
function arcsOf({ nodeLats, tails, heads, forwardMs, backwardMs }: RoadGraph) {
  const starts = new Int32Array(nodeLats.length + 1);
  const each = (use: (tail: number, head: number) => void): void => {
    for (let segment = 0; segment < tails.length; segment += 1) {
      const [tail, head] = [tails[segment] ?? 0, heads[segment] ?? 0];
      if (forwardMs[segment] !== NOT_ALLOWED) use(tail, head);
      if (backwardMs[segment] !== NOT_ALLOWED) use(head, tail);
    }
  };
  each((tail) => {
    starts[tail + 1] = (starts[tail + 1] ?? 0) + 1;
  });
  for (let node = 0; node < nodeLats.length; node += 1)
    starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  const [next, all] = [starts.slice(), new Int32Array(starts[nodeLats.length] ?? 0)];
  each((tail, head) => {
    const at = next[tail] ?? 0;
    all[at] = head;
    next[tail] = at + 1;
  });
  return { starts, heads: all };
}
