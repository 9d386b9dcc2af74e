/**
 * Up to where everything is that was acknowledged, when the primary cannot say. A commit is shown and acknowledged once a
 * synchronous standby has it on its disk. Which of the others that is may change; but if all of them answer, it is among them, and
 * none has received more than the one that has received most.
 */
import type { PostgresNode } from './postgres-node.ts';
import { isAcknowledgedEarly } from './postgres-role.ts';
import type { CommitPosition } from './sql-sessions.ts';

export interface AcknowledgedPlaces {
  /** To be called again and again with the server that is the primary. Never rejects. */
  lookAt(primary: PostgresNode): Promise<void>;
  /**
   * A place that has all that was acknowledged on the timeline before this call. `undefined`: nobody can say, because not all others
   * answer, or the primary waited for none of them when it was last looked at.
   */
  upTo(timeline: number): Promise<CommitPosition | undefined>;
}

export function createAcknowledgedPlaces(nodes: readonly PostgresNode[]): AcknowledgedPlaces {
  let primary: PostgresNode | undefined;
  let waitsForStandby = false;
  return {
    async lookAt(node) {
      if (node !== primary) waitsForStandby = false;
      primary = node;
      // What it did when it was last asked goes on counting: it is asked for when it has gone.
      const durability = await node.durability().catch(() => undefined);
      if (durability === undefined || node !== primary) return;
      waitsForStandby = durability.synchronousStandbys > 0 && !isAcknowledgedEarly(durability);
    },
    async upTo(timeline) {
      if (!waitsForStandby) return undefined;
      const others = nodes.filter((node) => node !== primary);
      const statuses = await Promise.all(others.map((node) => node.askBriefly()));
      const received = statuses.flatMap((status) =>
        status?.role === 'replica' && status.at?.timeline === timeline ? [status.receivedTo] : [],
      );
      if (received.length === 0 || received.length < others.length) return undefined;
      return { timeline, position: Math.max(...received) };
    },
  };
}
