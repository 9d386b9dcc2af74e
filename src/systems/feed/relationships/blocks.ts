/** Blocks: neither of the two sees the other or follows the other, whoever blocked. */
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Relationship } from '../../../core/user.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { deleteBlock, insertBlock } from './blocks-queries.ts';
import { endFollow } from './follows.ts';
import { type Appender, blockEvent } from './relationship-events.ts';
import { beginChange, readRelationship, type Target } from './relationships.ts';

export interface Blocks {
  /** Ends follows and requests in both directions as well. */
  block(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
  /** Brings back nothing of what the block ended. */
  unblock(transaction: SqlTransaction, viewerId: Id, target: Target): Promise<Relationship>;
}

export function createBlocks(deps: { readonly ids: IdGenerator; readonly eventLog: Appender }): Blocks {
  const { ids, eventLog } = deps;
  return {
    async block(transaction, viewerId, target) {
      const { userId: targetId } = target;
      await beginChange(transaction, viewerId, target);
      const [block] = await transaction.query(insertBlock, [
        viewerId,
        targetId,
        ids.next(),
        shardOf(viewerId),
      ]);
      if (block !== undefined) {
        await endFollow(transaction, eventLog, viewerId, targetId, 'request_withdrawn');
        await endFollow(transaction, eventLog, targetId, viewerId, 'request_rejected');
        const { block_id: blockId } = block;
        await eventLog.append(transaction, [blockEvent('blocked', { blockId, userId: viewerId, targetId })]);
      }
      return readRelationship(transaction, viewerId, targetId);
    },

    async unblock(transaction, viewerId, target) {
      const { userId: targetId } = target;
      await beginChange(transaction, viewerId, target);
      const [block] = await transaction.query(deleteBlock, [viewerId, targetId]);
      if (block !== undefined) {
        const { block_id: blockId } = block;
        await eventLog.append(transaction, [
          blockEvent('unblocked', { blockId, userId: viewerId, targetId }),
        ]);
      }
      return readRelationship(transaction, viewerId, targetId);
    },
  };
}
