/** People in JSON: the same in every system. */
import { type Static, Type } from 'typebox';
import { ID_TEXT_PATTERN, idTimestamp } from '../core/ids.ts';
import type { Profile, Relationship, User } from '../core/user.ts';
import { reference } from './openapi.ts';

/** An id in JSON: 16 digits, so that it sorts as text. */
export const IdText = Type.String({
  pattern: ID_TEXT_PATTERN,
  description: 'An id: 16 digits.',
  examples: ['1537057981898760'],
});

/** Ids in one parameter of an address. */
export function idsText(max: number, description: string) {
  const id = ID_TEXT_PATTERN.slice(1, -1);
  return Type.String({
    pattern: `^(${id}(,${id})*)?$`,
    maxLength: max * 17 - 1,
    description: `${description}, at most ${max}, with commas between them.`,
    examples: ['1537057981898760,1537057981898761'],
  });
}

export const UserIdParams = Type.Object({ user_id: IdText });

export const AuthorSchema = Type.Object(
  {
    user_id: IdText,
    username: Type.String({ examples: ['alice'] }),
    display_name: Type.String({ description: 'The username for who chose none.', examples: ['Alice'] }),
    avatar_url: Type.Union([Type.String(), Type.Null()], {
      description: 'A square of at most 400; lasting. Null: they have none.',
    }),
    locked: Type.Boolean({ description: 'New followers must ask.' }),
  },
  { $id: 'Author', title: 'Author' },
);

export const RelationshipSchema = Type.Object(
  {
    user_id: IdText,
    following: Type.Boolean({ description: 'You follow them.' }),
    followed_by: Type.Boolean({ description: 'They follow you.' }),
    requested: Type.Boolean({ description: 'You have asked to follow.' }),
    requested_by: Type.Boolean({ description: 'They have asked to follow you.' }),
    muting: Type.Boolean({ description: 'You mute them; they do not learn of it.' }),
    blocking: Type.Boolean({ description: 'You block them.' }),
    blocked_by: Type.Boolean({ description: 'They block you.' }),
  },
  { $id: 'Relationship', title: 'Relationship' },
);

export const UserSchema = Type.Object(
  {
    ...AuthorSchema.properties,
    header_url: Type.Union([Type.String(), Type.Null()], {
      description:
        'The picture on top of their page, three times as wide as high, at most 1,500 x 500. Null: they have none.',
    }),
    bio: Type.String({ description: 'What they say of themselves; may have lines.' }),
    follower_count: Type.Integer({ minimum: 0 }),
    following_count: Type.Integer({ minimum: 0 }),
    post_count: Type.Integer({ minimum: 0 }),
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
  const { userId, headerUrl, bio, counts, relationship } = profile;
  return {
    ...presentAuthor(profile),
    header_url: headerUrl,
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
