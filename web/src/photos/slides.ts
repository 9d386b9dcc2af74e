/** What the viewer leafs through: the pictures of a post, or of many, one after the other. */
import type { Author, Media, Photo, Post } from '../api/types.ts';

export interface Slide {
  readonly postId: string;
  readonly media: Media;
  /** Among those of its post, from 1. */
  readonly place: number;
  readonly author: Author;
  /** What the post says. */
  readonly text: string;
  readonly createdAt: string;
}

export function slidesOfPost(post: Post): Slide[] {
  const { post_id: postId, author, content_warning: warning, created_at: createdAt } = post;
  // Who has opened the pictures has not asked for the words yet.
  const text = isWarned(warning) ? '' : post.text;
  return post.media.map((media, index) => ({ postId, media, place: index + 1, author, text, createdAt }));
}

/** None of a photo with a warning: it is seen at its post, behind the warning. */
export function slidesOfPhoto(photo: Photo): Slide[] {
  if (isWarned(photo.content_warning)) return [];
  const { photo_id: postId, author, caption: text, created_at: createdAt } = photo;
  return photo.media.map((media, index) => ({ postId, media, place: index + 1, author, text, createdAt }));
}

export function isWarned(warning: string | null): boolean {
  return warning !== null && warning !== '';
}

/** The address of the picture, for whoever it is passed on to. */
export function slidePath({ author, postId, place }: Slide): string {
  return `/@${author.username}/${postId}/photo/${place}`;
}
