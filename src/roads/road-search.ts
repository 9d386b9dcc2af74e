/** Fastest ways between places at roads, by a contraction hierarchy. */
import type { Contraction, UpwardArcs } from './contraction.ts';
import { NOT_ALLOWED, type RoadGraph } from './road-graph.ts';
import type { Snap } from './road-grid.ts';
import { createUpwardSearch, type Start } from './upward-search.ts';

export interface Way {
  readonly ms: number;
  readonly cm: number;
}

/** A piece of a segment, driven from the one fraction of its length to the other. */
export interface Part {
  readonly segment: number;
  readonly begin: number;
  readonly end: number;
}

export interface DetailedWay extends Way {
  /** In order. */
  readonly parts: readonly Part[];
}

export interface RoadSearch {
  /** `undefined`: none leads there. */
  way(from: Snap, to: Snap): Way | undefined;
  detailedWay(from: Snap, to: Snap): DetailedWay | undefined;
  /** All that can be reached upwards: looked at once, it serves for every place that is driven to from there. */
  above(from: Snap): Above;
  /** From here on `msFrom` is the time to this place. */
  prepareTo(to: Snap): void;
  /** In milliseconds; `Infinity`: none leads there. */
  msFrom(from: Snap, above: Above): number;
}

/** Nodes, and the time to each. */
export interface Above {
  readonly nodes: Int32Array;
  readonly ms: Float64Array;
}

export function createRoadSearch(graph: RoadGraph, { forward, backward }: Contraction): RoadSearch {
  const up = createUpwardSearch(forward, backward);
  const down = createUpwardSearch(backward, forward);
  let target: Snap | undefined;

  /** Where both searches meet on the fastest way; `undefined`: nowhere. */
  function meeting(from: Snap, to: Snap): { readonly node: number; readonly ms: number } | undefined {
    up.run(startsOf(graph, from));
    down.run(endsOf(graph, to));
    let best = { node: -1, ms: Number.POSITIVE_INFINITY };
    for (const node of down.settled) {
      const ms = up.reachedMs(node) + down.reachedMs(node);
      if (ms < best.ms) best = { node, ms };
    }
    return best.node === -1 ? undefined : best;
  }

  function way(from: Snap, to: Snap): (Way & { readonly node: number | undefined }) | undefined {
    const within = wayWithin(graph, from, to);
    const met = meeting(from, to);
    if (met === undefined || (within !== undefined && within.ms <= met.ms)) {
      return within && { ...within, node: undefined };
    }
    const cmOf = (starts: readonly Start[], side: typeof up, arcs: UpwardArcs): number => {
      const { arcs: places, start } = side.wayTo(met.node);
      const begun = starts.find(({ node }) => node === start)?.cm ?? 0;
      return places.reduce((sum, arc) => sum + (arcs.cm[arc] ?? 0), begun);
    };
    const cm = cmOf(startsOf(graph, from), up, forward) + cmOf(endsOf(graph, to), down, backward);
    return { ...met, cm };
  }

  function partsOver(node: number, from: Snap, to: Snap): Part[] {
    const [upwards, downwards] = [up.wayTo(node), down.wayTo(node)];
    const parts = [{ segment: from.segment, begin: from.fraction, end: sideOf(graph, from, upwards.start) }];
    let below = upwards.start;
    for (const arc of upwards.arcs.toReversed()) {
      const upper = forward.uppers[arc] ?? 0;
      unpack(below, upper, forward.vias[arc] ?? 0, parts);
      below = upper;
    }
    for (const [index, arc] of downwards.arcs.entries()) {
      const next = downwards.arcs[index + 1];
      const lower = next === undefined ? downwards.start : (backward.uppers[next] ?? 0);
      unpack(backward.uppers[arc] ?? 0, lower, backward.vias[arc] ?? 0, parts);
    }
    parts.push({ segment: to.segment, begin: sideOf(graph, to, downwards.start), end: to.fraction });
    return parts;
  }

  /** Shortcuts within shortcuts, some ten deep. */
  function unpack(tail: number, head: number, via: number, parts: Part[]): void {
    if (via < 0) {
      const segment = -1 - via;
      // Between the same crossings there may be another one, but no other of this number.
      const isForward = graph.tails[segment] === tail;
      parts.push({ segment, begin: isForward ? 0 : 1, end: isForward ? 1 : 0 });
      return;
    }
    unpack(tail, via, viaOf(backward, via, tail), parts);
    unpack(via, head, viaOf(forward, via, head), parts);
  }

  return {
    way(from, to) {
      const found = way(from, to);
      return found && { ms: found.ms, cm: found.cm };
    },

    detailedWay(from, to) {
      const found = way(from, to);
      if (found === undefined) return undefined;
      const { ms, cm, node } = found;
      const within = { segment: from.segment, begin: from.fraction, end: to.fraction };
      return { ms, cm, parts: node === undefined ? [within] : partsOver(node, from, to) };
    },

    above(from) {
      up.run(startsOf(graph, from));
      return {
        nodes: Int32Array.from(up.settled),
        ms: Float64Array.from(up.settled, up.reachedMs),
      };
    },

    prepareTo(to) {
      target = to;
      down.run(endsOf(graph, to));
    },

    msFrom(from, { nodes, ms }) {
      let best = (target && wayWithin(graph, from, target)?.ms) ?? Number.POSITIVE_INFINITY;
      for (let at = 0; at < nodes.length; at += 1) {
        const sum = (ms[at] ?? 0) + down.reachedMs(nodes[at] ?? 0);
        if (sum < best) best = sum;
      }
      return best;
    },
  };
}

/** The nodes to which one can drive on from a place in a segment. */
function startsOf(graph: RoadGraph, { segment, fraction }: Snap): Start[] {
  return endsOfSegment(graph, segment, fraction, graph.backwardMs, graph.forwardMs);
}

/** The nodes from which one drives to a place in a segment. */
function endsOf(graph: RoadGraph, { segment, fraction }: Snap): Start[] {
  return endsOfSegment(graph, segment, fraction, graph.forwardMs, graph.backwardMs);
}

function endsOfSegment(
  graph: RoadGraph,
  segment: number,
  fraction: number,
  atTail: Int32Array,
  atHead: Int32Array,
): Start[] {
  const [tail, head] = [graph.tails[segment] ?? 0, graph.heads[segment] ?? 0];
  const [tailMs, headMs] = [atTail[segment] ?? NOT_ALLOWED, atHead[segment] ?? NOT_ALLOWED];
  const cm = graph.lengthsCm[segment] ?? 0;
  const starts: Start[] = [];
  if (tailMs !== NOT_ALLOWED) {
    starts.push({ node: tail, ms: Math.round(tailMs * fraction), cm: Math.round(cm * fraction) });
  }
  if (headMs !== NOT_ALLOWED) {
    const rest = 1 - fraction;
    starts.push({ node: head, ms: Math.round(headMs * rest), cm: Math.round(cm * rest) });
  }
  return starts;
}

function wayWithin(graph: RoadGraph, from: Snap, to: Snap): Way | undefined {
  if (from.segment !== to.segment) return undefined;
  const share = to.fraction - from.fraction;
  const ms = (share >= 0 ? graph.forwardMs : graph.backwardMs)[from.segment] ?? NOT_ALLOWED;
  // Of a street that is driven backwards alone, where one stands.
  if (ms === NOT_ALLOWED) return share === 0 ? { ms: 0, cm: 0 } : undefined;
  const cm = graph.lengthsCm[from.segment] ?? 0;
  return { ms: Math.round(ms * Math.abs(share)), cm: Math.round(cm * Math.abs(share)) };
}

/** At which end of its segment a node is. */
function sideOf(graph: RoadGraph, { segment }: Snap, node: number): number {
  return graph.heads[segment] === node ? 1 : 0;
}

function viaOf(arcs: UpwardArcs, node: number, upper: number): number {
  const end = arcs.starts[node + 1] ?? 0;
  for (let arc = arcs.starts[node] ?? 0; arc < end; arc += 1) {
    if (arcs.uppers[arc] === upper) return arcs.vias[arc] ?? 0;
  }
  throw new Error('Assertion failed: a shortcut leads past a node that has arcs to both its ends');
}
