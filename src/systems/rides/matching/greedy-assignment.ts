/** The cheapest pair first, then the cheapest of those that are left: fast, and as good as most dispatchers do. */
import { type AssignmentTask, NOBODY } from './assignment-task.ts';

/** Assigns the requests from `first` on to drivers whom nobody has, into `driverOf`. */
export function assignGreedily(
  { candidates, drivers, unassignedCost }: AssignmentTask,
  driverOf: Int32Array,
  first = 0,
): void {
  const taken = new Uint8Array(drivers);
  for (let request = 0; request < first; request += 1) {
    const driver = driverOf[request] ?? NOBODY;
    if (driver !== NOBODY) taken[driver] = 1;
  }
  const pairs = candidates
    .slice(first)
    .flatMap((each, index) => each.map(({ driver, cost }) => ({ request: first + index, driver, cost })))
    .filter(({ cost }) => cost < unassignedCost)
    .sort((one, other) => one.cost - other.cost);
  for (const { request, driver } of pairs) {
    if (driverOf[request] !== NOBODY || taken[driver] === 1) continue;
    driverOf[request] = driver;
    taken[driver] = 1;
  }
}
