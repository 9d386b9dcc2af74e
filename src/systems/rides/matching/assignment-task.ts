/** What an assignment is asked for: who may drive whom, and at what cost. */

export const NOBODY = -1;

/** A driver who may take the request. */
export interface Candidate {
  /** From 0, below the number of drivers of the batch. */
  readonly driver: number;
  /** Not negative. What it is in is the caller's, as long as it is one thing: seconds. */
  readonly cost: number;
}

export interface AssignmentTask {
  /** Of each request, each driver once at most. */
  readonly candidates: readonly (readonly Candidate[])[];
  readonly drivers: number;
  readonly unassignedCost: number;
  /** Whether the time is over. Asked before each request. */
  readonly isOver?: () => boolean;
}
