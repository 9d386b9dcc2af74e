/** What a post says: plain text, in which names, tags and addresses lead somewhere. */
import type { Post } from '../api/types.ts';
import './post-text.css';

type Said = Pick<Post, 'text' | 'mentions' | 'tags' | 'language'>;

/** An address ends before the punctuation of the sentence that it stands in. */
const PARTS =
  /(?<url>https?:\/\/[^\s<>"]+[^\s<>".,;:!?'’”)\]}])|@(?<name>[A-Za-z0-9_]{3,30})|#(?<tag>[\p{L}\p{N}\p{M}_]+)/gu;
const URL_SHOWN_MAX = 40;

export function PostText({ post }: { readonly post: Said }) {
  return (
    <p class="post-text" dir="auto" lang={post.language ?? undefined}>
      {partsOf(post)}
    </p>
  );
}

function partsOf({ text, mentions, tags }: Said) {
  const names = new Set(mentions.map(({ username }) => username.toLowerCase()));
  const known = new Set(tags);
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(PARTS)) {
    const { url, name, tag } = found.groups ?? {};
    const link =
      url !== undefined ? (
        <a href={url} rel="nofollow noopener noreferrer" target="_blank">
          {shortUrl(url)}
        </a>
      ) : name !== undefined && names.has(name.toLowerCase()) ? (
        <a href={`/@${name}`}>@{name}</a>
      ) : tag !== undefined && known.has(tag.toLowerCase()) ? (
        <a href={`/tags/${encodeURIComponent(tag.toLowerCase())}`}>#{tag}</a>
      ) : undefined;
    if (link === undefined) continue;
    parts.push(text.slice(end, found.index), link);
    end = found.index + found[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** Without what every address begins with; the host is always whole, for that is what tells where it leads. */
function shortUrl(url: string): string {
  const shown = url.replace(/^https?:\/\/(www\.)?/, '');
  const hostEnd = shown.search(/[/?#]|$/);
  const max = Math.max(URL_SHOWN_MAX, hostEnd + 1);
  return shown.length > max ? `${shown.slice(0, max)}…` : shown;
}
