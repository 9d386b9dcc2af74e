/** What a post says: plain text, in which names, tags and addresses lead somewhere. */
import { useState } from 'preact/hooks';
import type { Post } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import './post-text.css';
import { textParts } from './text-parts.ts';

/** Of a text that somebody made tall: it would push everything else off the screen. */
const LINES_MAX = 15;
const LINES_FOLDED = 10;

export function PostText({ post }: { readonly post: Pick<Post, 'text' | 'mentions' | 'tags' | 'language'> }) {
  const [isWhole, setWhole] = useState(false);
  const lines = post.text.split('\n');
  const isFolded = lines.length > LINES_MAX && !isWhole;
  const text = isFolded ? lines.slice(0, LINES_FOLDED).join('\n') : post.text;
  return (
    <>
      <p class="post-text" dir="auto" lang={post.language ?? undefined}>
        {textParts({ ...post, text }).map((part) =>
          typeof part === 'string' ? (
            part
          ) : part.isForeign ? (
            <a href={part.href} rel="nofollow noopener noreferrer" target="_blank">
              {part.shown}
            </a>
          ) : (
            <a href={part.href}>{part.shown}</a>
          ),
        )}
      </p>
      {isFolded && (
        <Button size="small" onClick={() => setWhole(true)}>
          Show all {lines.length} lines
        </Button>
      )}
    </>
  );
}
