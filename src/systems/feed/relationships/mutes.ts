/** Mutes: what the muted write no longer appears to who mutes them; they are not told, and follows stay. */
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Relationship } from '../../../core/user.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { deleteMute, insertMute } from './mutes-queries.ts';
import { type Appender, muteEvent } from './relationship-events.ts';
import { beginChange, readRelationship, type Target } from './relationships.ts';

export interface Mutes {
  mute(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
  unmute(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
}

export function createMutes(deps: { readonly ids: IdGenerator; readonly eventLog: Appender }): Mutes {
  const { ids, eventLog } = deps;
  return {
    async mute(transaction, viewerId, target) {
      const { userId: targetId } = target;
      await beginChange(transaction, viewerId, target);
      const [mute] = await transaction.query(insertMute, [viewerId, targetId, ids.next(), shardOf(viewerId)]);
      if (mute !== undefined) {
        const { mute_id: muteId } = mute;
        await eventLog.append(transaction, [muteEvent('muted', { muteId, userId: viewerId, targetId })]);
      }
      return readRelationship(transaction, viewerId, targetId);
    },

    async unmute(transaction, viewerId, target) {
      const { userId: targetId } = target;
      await beginChange(transaction, viewerId, target);
      const [mute] = await transaction.query(deleteMute, [viewerId, targetId]);
      if (mute !== undefined) {
        const { mute_id: muteId } = mute;
        await eventLog.append(transaction, [muteEvent('unmuted', { muteId, userId: viewerId, targetId })]);
      }
      return readRelationship(transaction, viewerId, targetId);
    },
  };
}
