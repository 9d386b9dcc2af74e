/** What Patroni says of its cluster: who is the primary, and how far the others are behind. */
import { ENGINE_HOST } from './engine.ts';

export interface PatroniMember {
  readonly name: string;
  /** `leader`, `sync_standby` or `replica`, and `stopped` and the like while it is none. */
  readonly role: string;
  readonly state: string;
  /** Bytes; `unknown` while it does not run. */
  readonly lag?: number | string;
}

const TIMEOUT_MS = 2_000;

/** As any of the nodes knows them. Rejects where nobody answers. */
export async function readPatroniMembers(patroniPort: number): Promise<readonly PatroniMember[]> {
  const response = await fetch(`http://${ENGINE_HOST}:${patroniPort}/cluster`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { members = [] } = (await response.json()) as { readonly members?: readonly PatroniMember[] };
  return members;
}

const ROLES: Readonly<Record<string, string>> = {
  leader: 'primary',
  sync_standby: 'synchronous standby',
  replica: 'replica',
};

/** For the table of `up`, such as `replica, 12 kB behind`. */
export function describeMember({ role, state, lag }: PatroniMember): string {
  const name = ROLES[role] ?? role;
  if (state !== 'running' && state !== 'streaming') return `${name}, ${state}`;
  return typeof lag !== 'number' || lag === 0 ? name : `${name}, ${formatBytes(lag)} behind`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}
