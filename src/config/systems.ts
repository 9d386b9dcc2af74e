/** The systems by which the calls of the product can be told apart: for processes of their own, and pools of a balancer. */
import type { Role } from './roles.ts';

/** What no name is for, such as accounts and the pages of the app, is answered where no systems are named. */
export const SYSTEM_NAMES = [
  'discovery',
  'feed',
  'links',
  'live',
  'media',
  'notifications',
  'photos',
  'rides',
  'search',
  'webhooks',
] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

export interface Serving {
  readonly roles: readonly Role[];
  /** `undefined`: all, also those without a name. */
  readonly systems: readonly SystemName[] | undefined;
}

/** Whether a process answers the calls of a system; `undefined`: of one without a name. */
export function answersFor({ roles, systems }: Serving, name: SystemName | undefined): boolean {
  if (!roles.includes('api')) return false;
  return systems === undefined || (name !== undefined && systems.includes(name));
}
