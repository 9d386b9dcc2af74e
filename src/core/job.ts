/** Periodic work of a system, run by the role `worker`. Any number of processes may run it at the same time. */
export interface Job {
  readonly name: string;
  /** Asked for before each wait. */
  readonly everyMs: number;
  /** Does a bounded piece of work. `more` if some is left: then it runs again at once. */
  run(): Promise<'more' | 'done'>;
  /** Called once when the job is started. Calling `wake` makes it run at once, without waiting for its beat. */
  onStart?(wake: () => void): void;
}
