/** What a load was told is done: what must be there at the end, and what must not. */

export interface LedgerPost {
  readonly postId: number;
  readonly authorId: string;
  readonly acknowledgedMs: number;
  /** Its author has asked to delete it, which may be done. */
  mayBeDeleted: boolean;
  /** When that was acknowledged. */
  deletedMs: number | undefined;
}

export type Relation = 'follow' | 'mute' | 'repost';

export interface TimelineLedger {
  readonly posts: readonly LedgerPost[];
  posted(post: Pick<LedgerPost, 'postId' | 'authorId' | 'acknowledgedMs'>): LedgerPost;
  /** Whether the relation of the user to a user, or to a post, is there; undefined while nobody knows. */
  relate(relation: Relation, userId: string, toId: string, there: boolean | undefined): void;
  related(relation: Relation): readonly KnownRelation[];
  /** Acknowledged writes of all kinds. */
  acknowledged(): number;
}

export interface KnownRelation {
  readonly userId: string;
  readonly toId: string;
  readonly there: boolean;
}

export function createTimelineLedger(): TimelineLedger {
  const posts: LedgerPost[] = [];
  const relations = new Map<string, boolean>();
  let acknowledged = 0;
  return {
    posts,
    posted(made) {
      const post = { ...made, mayBeDeleted: false, deletedMs: undefined };
      posts.push(post);
      acknowledged += 1;
      return post;
    },
    relate(relation, userId, toId, there) {
      const name = `${relation} ${userId} ${toId}`;
      if (there === undefined) relations.delete(name);
      else {
        relations.set(name, there);
        acknowledged += 1;
      }
    },
    related(relation) {
      return [...relations].flatMap(([name, there]) => {
        const [kind, userId = '', toId = ''] = name.split(' ');
        return kind === relation ? [{ userId, toId, there }] : [];
      });
    },
    acknowledged: () => acknowledged,
  };
}
