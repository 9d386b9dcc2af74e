/** How the wrapped ports of a process are, for whoever decides what is served meanwhile. */
import type { BreakerState } from '../telemetry/metrics.ts';

export interface PortState {
  /** As the design calls it, such as `sql-store`. */
  readonly name: string;
  breaker(): BreakerState;
  /** Calls that wait in the bulkhead that its methods share. */
  waiting(): number;
}

export interface PortStates {
  add(state: PortState): void;
  /** `undefined` where this process has no such port, or one in memory, which is not wrapped. */
  get(name: string): PortState | undefined;
}

export function createPortStates(): PortStates {
  const states = new Map<string, PortState>();
  return {
    add: (state) => void states.set(state.name, state),
    get: (name) => states.get(name),
  };
}
