/**
 * Adds requests one by one to an assignment that is optimal for those before: along the shortest augmenting path, by
 * Dijkstra on costs that potentials keep from being negative (Jonker and Volgenant 1987, on a sparse graph). Each request
 * has one more place to go, of its own, which is to be left unassigned.
 */
import { type AssignmentTask, NOBODY } from './assignment-task.ts';
import { createMinHeap } from './min-heap.ts';

export interface ShortestPaths {
  readonly driverOf: Int32Array;
  /** Each request once. */
  add(request: number): void;
}

export function createShortestPaths({ candidates, drivers, unassignedCost }: AssignmentTask): ShortestPaths {
  const driverOf = new Int32Array(candidates.length).fill(NOBODY);
  const requestOf = new Int32Array(drivers).fill(NOBODY);
  const requestPotential = new Float64Array(candidates.length);
  const driverPotential = new Float64Array(drivers);
  /** Of the search under way: how far each driver is, from which request one comes to them, and who is done with. */
  const distance = new Float64Array(drivers).fill(Number.POSITIVE_INFINITY);
  const cameFrom = new Int32Array(drivers).fill(NOBODY);
  const isDone = new Uint8Array(drivers);
  const touched: number[] = [];
  const heap = createMinHeap();

  function look(request: number, reached: number): void {
    const base = reached - (requestPotential[request] ?? 0);
    for (const { driver, cost } of candidates[request] ?? []) {
      const far = base + cost - (driverPotential[driver] ?? 0);
      if (isDone[driver] === 1 || far >= (distance[driver] ?? 0)) continue;
      if (distance[driver] === Number.POSITIVE_INFINITY) touched.push(driver);
      distance[driver] = far;
      cameFrom[driver] = request;
      heap.push(driver, far);
    }
  }

  /** The next driver who is not done with; NOBODY if none is closer than `within`. */
  function nextDriver(within: number): number {
    for (let driver = heap.pop(within); driver !== NOBODY; driver = heap.pop(within)) {
      if (isDone[driver] === 0) return driver;
    }
    return NOBODY;
  }

  /** Hands drivers on along the path that ends with this driver. */
  function augment(last: number, first: number): void {
    for (let driver = last; driver !== NOBODY; ) {
      const request = cameFrom[driver] ?? NOBODY;
      const before = driverOf[request] ?? NOBODY;
      driverOf[request] = driver;
      requestOf[driver] = request;
      driver = request === first ? NOBODY : before;
    }
  }

  function settle(first: number, length: number): void {
    requestPotential[first] = (requestPotential[first] ?? 0) + length;
    for (const driver of touched) {
      if (isDone[driver] === 1) {
        const gain = length - (distance[driver] ?? 0);
        driverPotential[driver] = (driverPotential[driver] ?? 0) - gain;
        const request = requestBefore[driver] ?? NOBODY;
        if (request !== NOBODY) requestPotential[request] = (requestPotential[request] ?? 0) + gain;
      }
      distance[driver] = Number.POSITIVE_INFINITY;
      isDone[driver] = 0;
    }
    touched.length = 0;
    heap.clear();
  }

  /** Who had each driver that is done with, before the path was taken. */
  const requestBefore = new Int32Array(drivers).fill(NOBODY);

  return {
    driverOf,
    add(first) {
      /** The request that would be left out, and how far that is. */
      let leftOut = first;
      let length = unassignedCost - (requestPotential[first] ?? 0);
      let free = NOBODY;
      look(first, 0);
      for (let driver = nextDriver(length); driver !== NOBODY; driver = nextDriver(length)) {
        const reached = distance[driver] ?? 0;
        const request = requestOf[driver] ?? NOBODY;
        if (request === NOBODY) {
          free = driver;
          length = reached;
          break;
        }
        isDone[driver] = 1;
        requestBefore[driver] = request;
        look(request, reached);
        const out = reached + unassignedCost - (requestPotential[request] ?? 0);
        if (out < length) [leftOut, length] = [request, out];
      }
      const last = free === NOBODY ? (driverOf[leftOut] ?? NOBODY) : free;
      if (free === NOBODY && leftOut !== first) driverOf[leftOut] = NOBODY;
      augment(last, first);
      settle(first, length);
    },
  };
}
