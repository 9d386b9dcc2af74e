import { useState } from 'preact/hooks';
import type { Author } from '../api/types.ts';
import './avatar.css';

/** The face of a person, or their letter on a colour of theirs. Their name stands beside it, so it is silent itself. */
export function Avatar({ user, size = 44 }: { readonly user: Author; readonly size?: number }) {
  const { avatar_url: url, display_name: name, user_id: id } = user;
  // Without a connection, for one, it may not come.
  const [failed, setFailed] = useState<string>();
  if (url !== null && url !== failed)
    return (
      <img
        class="avatar"
        src={url}
        alt=""
        width={size}
        height={size}
        loading="lazy"
        decoding="async"
        onError={() => setFailed(url)}
      />
    );
  const letter = [...new Intl.Segmenter().segment(name.trim() || user.username)][0]?.segment ?? '?';
  return (
    <svg
      class={`avatar avatar-${Number(id.slice(-4)) % 5}`}
      width={size}
      height={size}
      viewBox="0 0 44 44"
      aria-hidden="true"
    >
      <rect width="44" height="44" />
      <text x="22" y="23" text-anchor="middle" dominant-baseline="central">
        {letter.toLocaleUpperCase()}
      </text>
    </svg>
  );
}
