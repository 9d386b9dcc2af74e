/** What `up` must know of a process to start it, to tell whether it serves, and to stop it. */
import type { SystemUser } from '../ports/sql-store/embedded-postgres/user.ts';
import type { FigureReader } from './figures.ts';

export interface ProcessSpec {
  /** Unique: `postgres`, `api-1`. */
  readonly name: string;
  /** What it is, in a word or two, for people. */
  readonly role: string;
  /** What it listens on. */
  readonly port: number;
  /** How many processors' time it may use at most. */
  readonly cpu: number | undefined;
  /** Makes whatever must be there before each start, and says how it is started. */
  prepare(): Promise<Launch>;
  /** Rejects, saying why, while it cannot do its work. */
  check(): Promise<void>;
  /** Once it answers, after each start: what must be done before anyone uses it. */
  makeUsable?(): Promise<void>;
  /** What it is just now, for the table, where that changes by itself; `undefined`: its role says it. */
  describe?(): Promise<string | undefined>;
  /** What it does, for the table. */
  readonly figures: FigureReader | undefined;
  /** Where a program can ask whether it is ready; `undefined` of what speaks no HTTP. */
  readonly readyUrl: string | undefined;
  /** Asks it to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** How it reads anew what it was started with; `undefined`: it must be started again. */
  readonly reload?: ProcessReload;
  /** After this long it is killed. */
  readonly stopMs: number;
  /** It is given up when it is not ready after this long; `undefined`: as long as it lives. */
  readonly readyMs: number | undefined;
}

export interface ProcessReload {
  readonly signal: NodeJS.Signals;
  /** Where it says since when what serves now has run. */
  readonly metricsUrl: string;
  /** What its operator may have put something else into. */
  readonly certificateFile: string;
}

/** How a process is started. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  /** The working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whose process it is; only root can start somebody else's. */
  readonly user: SystemUser | undefined;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}
