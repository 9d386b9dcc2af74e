/** What a process does; by default all of it. */
export const ROLES = ['api', 'worker', 'dispatch'] as const;
export type Role = (typeof ROLES)[number];
