/**
 * How much of the product is served while not everything can be: the four levels, and what each leaves out. Every level
 * leaves out all that the one before it does.
 */
import { PRIORITIES, type Priority } from './priority.ts';

export type ServiceLevel = 'full' | 'partial' | 'core' | 'emergency';

export const SERVICE_LEVELS: readonly ServiceLevel[] = ['full', 'partial', 'core', 'emergency'];

/** `partial` leaves out what is optional, `core` reads too, `emergency` all but what is critical. */
export function serves(level: ServiceLevel, priority: Priority): boolean {
  return PRIORITIES.indexOf(priority) >= SERVICE_LEVELS.indexOf(level);
}

/** The one at which the least is served. */
export function lowestOf(levels: readonly ServiceLevel[]): ServiceLevel {
  return SERVICE_LEVELS[Math.max(0, ...levels.map((level) => SERVICE_LEVELS.indexOf(level)))] ?? 'full';
}
