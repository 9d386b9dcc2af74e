/** The users who watch at this process: how each stands to others, and who of them follows whom. */
import type { Id } from '../../core/ids.ts';
import type { Reader } from './connection.ts';
import type { RelationshipChange } from './live-events.ts';
import { type LoadedRelations, Relations } from './relations.ts';

export interface Readers {
  /**
   * Who watches from now on; `leave` must follow, once for each call. What changes while the relations are being loaded
   * is in them when this resolves, and nothing older is heard of afterwards.
   */
  join(userId: Id): Promise<Reader>;
  leave(reader: Reader): void;
  get(userId: Id): Reader | undefined;
  /** Those who follow the user. */
  followersOf(userId: Id): ReadonlySet<Reader>;
  /** To hear of a change again changes nothing. */
  hear(change: RelationshipChange): void;
  all(): Iterable<Reader>;
}

interface Joined {
  uses: number;
  readonly loading: Promise<Reader>;
  reader: Reader | undefined;
  /** Heard while the relations were being loaded: some they have already, and some they have missed. */
  readonly heard: RelationshipChange[];
}

const NOBODY: ReadonlySet<Reader> = new Set();

export interface ReadersDeps {
  readonly load: (userId: Id) => Promise<LoadedRelations>;
  /** Resolves when all has been heard that was committed before the call. */
  readonly catchUp: () => Promise<void>;
}

export function createReaders({ load, catchUp }: ReadersDeps): Readers {
  const joined = new Map<Id, Joined>();
  const followers = new Map<Id, Set<Reader>>();

  function follow(reader: Reader, userId: Id): void {
    const known = followers.get(userId);
    if (known === undefined) followers.set(userId, new Set([reader]));
    else known.add(reader);
  }

  function unfollow(reader: Reader, userId: Id): void {
    const known = followers.get(userId);
    if (known?.delete(reader) && known.size === 0) followers.delete(userId);
  }

  function setFollows(reader: Reader, userId: Id, value: boolean): void {
    reader.relations.setFollows(userId, value);
    if (value) follow(reader, userId);
    else unfollow(reader, userId);
  }

  function apply(reader: Reader, { userId, otherId, change }: RelationshipChange): void {
    const acts = reader.userId === userId;
    const { relations } = reader;
    if (change === 'blocked' || change === 'unblocked') {
      const blocks = change === 'blocked';
      if (acts) relations.setBlocks(otherId, blocks);
      else relations.setBlockedBy(userId, blocks);
      if (blocks) setFollows(reader, acts ? otherId : userId, false);
    } else if (acts && (change === 'followed' || change === 'unfollowed')) {
      setFollows(reader, otherId, change === 'followed');
    } else if (acts && (change === 'muted' || change === 'unmuted')) {
      relations.setMutes(otherId, change === 'muted');
    }
  }

  function begin(userId: Id): Joined {
    const loading = load(userId).then(async (loaded) => {
      // A mute and its end that are in what was loaded would be there for a moment again.
      await catchUp();
      const reader: Reader = { userId, relations: new Relations(loaded), connections: new Set() };
      entry.reader = reader;
      for (const followeeId of reader.relations.followees()) follow(reader, followeeId);
      for (const change of entry.heard.splice(0)) apply(reader, change);
      return reader;
    });
    const entry: Joined = { uses: 0, loading, reader: undefined, heard: [] };
    joined.set(userId, entry);
    return entry;
  }

  function release(userId: Id, entry: Joined): void {
    entry.uses -= 1;
    if (entry.uses > 0) return;
    joined.delete(userId);
    const { reader } = entry;
    if (reader === undefined) return;
    for (const followeeId of reader.relations.followees()) unfollow(reader, followeeId);
  }

  return {
    async join(userId) {
      const entry = joined.get(userId) ?? begin(userId);
      entry.uses += 1;
      try {
        return await entry.loading;
      } catch (error) {
        release(userId, entry);
        throw error;
      }
    },

    leave({ userId }) {
      const entry = joined.get(userId);
      if (entry !== undefined) release(userId, entry);
    },

    get: (userId) => joined.get(userId)?.reader,
    followersOf: (userId) => followers.get(userId) ?? NOBODY,

    hear(change) {
      for (const userId of [change.userId, change.otherId]) {
        const entry = joined.get(userId);
        if (entry === undefined) continue;
        if (entry.reader === undefined) entry.heard.push(change);
        else apply(entry.reader, change);
      }
    },

    *all() {
      for (const { reader } of joined.values()) if (reader !== undefined) yield reader;
    },
  };
}
