/** Posts to search in: their words are drawn by rank, as in languages, and some stand in a known share of all posts. */
import { seededFraction } from '../../core/clock.ts';
import { composeId, FIRST_BULK_WRITER, type Id } from '../../core/ids.ts';
import type { BulkPost } from '../../systems/feed/posts/bulk-load.ts';
import { createZipfSampler } from '../zipf.ts';

const VOCABULARY = 100_000;
/** Zipf's law. */
const WORD_SKEW = 1;
const WORDS_PER_POST = 14;
const WRITTEN_FROM_MS = Date.UTC(2025, 0, 1);
const WRITTEN_MS = 600 * 86_400_000;
const RARE_EVERY = 10_000;
const ENGLISH_SHARE = 0.7;

/** In every post; in every second one; in the others. No post has both of the last two. */
export const EVERYWHERE = 'everywhere';
export const [EVEN, ODD] = ['even', 'odd'] as const;

/** The word of the rank, 0 being in most posts. */
export function wordOfRank(rank: number): string {
  return `w${rank.toString(36)}`;
}

/** The words that stand in RARE_EVERY-th posts. */
export function rareWord(index: number): string {
  return `rare${index % 100}`;
}

export function* searchPosts(count: number, authorIds: readonly Id[], seed: number): Generator<BulkPost> {
  const fraction = seededFraction(seed);
  const rank = createZipfSampler(VOCABULARY, WORD_SKEW, fraction);
  for (let index = 0; index < count; index += 1) {
    const words = [EVERYWHERE, index % 2 === 0 ? EVEN : ODD];
    while (words.length < WORDS_PER_POST) words.push(wordOfRank(rank()));
    if (index % Math.max(1, Math.floor(RARE_EVERY / 100)) === 0)
      words.push(rareWord(Math.floor(fraction() * 100)));
    const timeMs = WRITTEN_FROM_MS + Math.floor((index / count) * WRITTEN_MS);
    const postId = composeId(timeMs, FIRST_BULK_WRITER + (index % 8), Math.floor(index / 8) % 8);
    const authorId = authorIds[Math.floor(fraction() * authorIds.length)] ?? 0;
    yield {
      postId,
      authorId,
      text: words.join(' '),
      ...(fraction() < ENGLISH_SHARE ? { language: 'en' } : {}),
    };
  }
}
