/** Why a cached timeline differs from the truth, as far as the process that keeps it can tell. */
import type { Suspicion } from './timeline-comparison.ts';

export interface Circumstances {
  readonly knowsFollow: boolean;
  /** The cached timeline differs by the same entry. */
  readonly isCachedToo: boolean;
  /** Dead letters of the fan-out. */
  readonly dead: number;
}

/** What is known of how it came about. */
export function reasonOf(
  { check, kind, sourceId }: Suspicion,
  { knowsFollow, isCachedToo, dead }: Circumstances,
): string {
  if (kind === 'order') return 'it is shown in another place, or twice';
  if (kind === 'reposter') return 'it is shown as reposted by somebody else';
  if (check === 'shown' && isCachedToo) return 'because of the cached timeline';
  if (kind === 'missing') {
    if (!knowsFollow) return 'the server has not heard of the follow';
    if (check === 'shown') return 'the server hides what SQL shows';
    return dead > 0
      ? 'not delivered: the fan-out has dead letters (groundswell events dead-letters)'
      : 'not delivered';
  }
  if (sourceId === null) return 'the server shows what is gone';
  if (check === 'shown') return 'the server shows what SQL hides';
  return knowsFollow
    ? 'the server has not heard that the follow ended'
    : 'left behind, or delivered by mistake';
}
