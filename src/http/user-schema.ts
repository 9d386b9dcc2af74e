/** People in JSON: the same in every system. */
import { type Static, Type } from 'typebox';
import { idTimestamp } from '../core/ids.ts';
import type { Profile, Relationship, User } from '../core/user.ts';
import { reference } from './openapi.ts';

/** An id in JSON: 16 digits, so that it sorts as text. */
export const IdText = Type.String({ pattern: '^[1-9][0-9]{15}$', description: 'An id: 16 digits.' });

export const UserIdParams = Type.Object({ user_id: IdText });

export const AuthorSchema = Type.Object(
  {
    user_id: IdText,
    username: Type.String(),
    display_name: Type.String(),
    avatar_url: Type.Union([Type.String(), Type.Null()]),
    locked: Type.Boolean(),
  },
  { $id: 'Author', title: 'Author' },
);

export const RelationshipSchema = Type.Object(
  {
    user_id: IdText,
    following: Type.Boolean(),
    followed_by: Type.Boolean(),
    requested: Type.Boolean({ description: 'You have asked to follow.' }),
    requested_by: Type.Boolean({ description: 'They have asked to follow you.' }),
    muting: Type.Boolean(),
    blocking: Type.Boolean(),
    blocked_by: Type.Boolean(),
  },
  { $id: 'Relationship', title: 'Relationship' },
);

export const UserSchema = Type.Object(
  {
    ...AuthorSchema.properties,
    bio: Type.String(),
    follower_count: Type.Integer(),
    following_count: Type.Integer(),
    post_count: Type.Integer(),
    created_at: Type.String({ format: 'date-time' }),
    relationship: Type.Union([reference(RelationshipSchema), Type.Null()], {
      description: 'How you stand to them; null for yourself and when not signed in.',
    }),
  },
  { $id: 'User', title: 'User' },
);

/** All schemas of this file that others refer to. */
export const USER_SCHEMAS = [AuthorSchema, RelationshipSchema, UserSchema] as const;

export function presentAuthor(user: User): Static<typeof AuthorSchema> {
  return {
    user_id: String(user.userId),
    username: user.username,
    display_name: user.displayName,
    avatar_url: user.avatarUrl,
    locked: user.locked,
  };
}

export function presentUser(profile: Profile): Static<typeof UserSchema> {
  const { userId, bio, counts, relationship } = profile;
  return {
    ...presentAuthor(profile),
    bio,
    follower_count: counts.followerCount,
    following_count: counts.followingCount,
    post_count: counts.postCount,
    created_at: idTimestamp(userId),
    relationship: relationship === null ? null : presentRelationship(userId, relationship),
  };
}

export function presentRelationship(
  userId: number,
  relationship: Relationship,
): Static<typeof RelationshipSchema> {
  return {
    user_id: String(userId),
    following: relationship.following,
    followed_by: relationship.followedBy,
    requested: relationship.requested,
    requested_by: relationship.requestedBy,
    muting: relationship.muting,
    blocking: relationship.blocking,
    blocked_by: relationship.blockedBy,
  };
}
