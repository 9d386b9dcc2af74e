/**
 * What a call is worth while not all of them can be answered. `critical`: somebody signs in, posts, follows a link or is
 * on a ride. `optional`: what can wait for a better hour, and asks for much. The rest are writes and reads.
 */
export type Priority = 'critical' | 'write' | 'read' | 'optional';

/** Who is turned away first stands first. */
export const PRIORITIES: readonly Priority[] = ['optional', 'read', 'write', 'critical'];
