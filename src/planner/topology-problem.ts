/** Something that is wrong between values of a topology which each are right. */
export interface TopologyProblem {
  readonly path: readonly string[];
  /** What follows after the path: what it must be, or what to do. */
  readonly message: string;
}
