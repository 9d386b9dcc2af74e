/** What runs, and how it is connected: the engines, and the processes of the product by role. */
import type { Role } from '../config/roles.ts';
import type { SystemName } from '../config/systems.ts';
import type { Balance } from './balance.ts';
import type { TopologyEngines } from './topology-engines.ts';

/** Processes that do the same. */
export interface ProcessGroup {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly count: number;
  /** Of the first one; the others follow. Free ones where none is named. */
  readonly port: number | undefined;
  /** Whose calls they answer, and the balancer sends here; `undefined`: all, and those that no other group has. */
  readonly systems: readonly SystemName[] | undefined;
  /** Whose every request the balancer sends here, whatever its path. */
  readonly hosts: readonly string[];
  /** By what the balancer chooses one of them; `undefined`: as it does elsewhere. */
  readonly balance: Balance | undefined;
  /** One for each of them, of how much each can do; `undefined`: all the same. */
  readonly weights: readonly number[] | undefined;
  /** How many processors' time each process may use at most, such as 0.5. */
  readonly cpu: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Topology {
  readonly name: string;
  /** As it stands in the file. */
  readonly data: string | undefined;
  readonly engines: TopologyEngines;
  readonly processes: readonly ProcessGroup[];
  /** Of all processes; those of a group win. */
  readonly settings: Readonly<Record<string, string>>;
}
