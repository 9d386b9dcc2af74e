/** What a part of a page asks for once. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';

/** `undefined` until it is there, and if it fails: for parts that a page can do without. */
export function useAnswer<Answer>(path: string): Answer | undefined {
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => {
    const ended = new AbortController();
    get<Answer>(path, { signal: ended.signal })
      .then(setAnswer)
      .catch(() => undefined);
    return () => ended.abort();
  }, [path]);
  return answer;
}
