/** What a page shows one of: asked for once, and again when the person wants it. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/http.ts';
import { type Problem, toProblem } from '../api/problem.ts';

export interface Loaded<Answer> {
  /** `undefined` until it is there. What was there stays when asking again fails. */
  readonly answer: Answer | undefined;
  readonly problem: Problem | undefined;
  readonly reload: () => void;
  /** Shows it without asking the server. */
  readonly show: (answer: Answer) => void;
}

export function useLoaded<Answer>(path: string): Loaded<Answer> {
  const [answer, show] = useState<Answer>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const ended = new AbortController();
    setProblem(undefined);
    get<Answer>(path, { signal: ended.signal })
      .then(show)
      .catch((error: unknown) => {
        if (!ended.signal.aborted) setProblem(toProblem(error));
      });
    return () => ended.abort();
  }, [path, attempt]);
  return { answer, problem, reload: () => setAttempt((before) => before + 1), show };
}
