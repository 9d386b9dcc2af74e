/** Something that is wrong between values of a topology which each are right, or with a setting that processes are told. */
export interface TopologyProblem {
  /** None where it is no part of the file, but of the environment. */
  readonly path: readonly string[] | undefined;
  /** What follows after the path: what it must be, or what to do. */
  readonly message: string;
  /**
   * What it follows from, beside what it names: if one of these could not be read, something else stands in its place, and
   * the problem may be none. `*` is any name.
   */
  readonly from?: readonly (readonly string[])[];
}

/** Those that hold whatever the values are meant to be that could not be read. */
export function certainProblems(
  problems: readonly TopologyProblem[],
  unread: readonly (readonly string[])[],
): TopologyProblem[] {
  return problems.filter(({ from = [] }) => !from.some((place) => unread.some((path) => meets(place, path))));
}

/** Whether one is the other, or stands in it. */
function meets(place: readonly string[], path: readonly string[]): boolean {
  const length = Math.min(place.length, path.length);
  return place.slice(0, length).every((name, index) => name === '*' || name === path[index]);
}
