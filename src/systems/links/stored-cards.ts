/** Cards as the database, the events and the API have them. */
import type { Card } from './link.ts';

export interface StoredCard {
  readonly title: string;
  readonly description?: string;
  readonly image_url?: string;
}

export function storedCard({ title, description, imageUrl }: Card): StoredCard {
  return {
    title,
    ...(description === undefined ? {} : { description }),
    ...(imageUrl === undefined ? {} : { image_url: imageUrl }),
  };
}

export function cardOf({ title, description, image_url: imageUrl }: StoredCard): Card {
  return { title, description, imageUrl };
}
