/** What a page shows as it changes: asked for every few seconds while somebody looks at it. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/http.ts';
import { type Problem, toProblem } from '../api/problem.ts';

export interface Polled<Answer> {
  /** `undefined` until it is there. What was there stays when asking again fails, or another address is asked. */
  readonly answer: Answer | undefined;
  /** When it came. */
  readonly atMs: number | undefined;
  /** Of the last time that it was asked for. */
  readonly problem: Problem | undefined;
  readonly reload: () => void;
}

/** Without an address, nothing is asked. */
export function usePolled<Answer>(path: string | undefined, everyMs: number): Polled<Answer> {
  const [{ answer, atMs }, show] = useState<Pick<Polled<Answer>, 'answer' | 'atMs'>>({
    ...{ answer: undefined, atMs: undefined },
  });
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (path === undefined) return undefined;
    const ended = new AbortController();
    const { signal } = ended;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function ask(address: string): Promise<void> {
      clearTimeout(timer);
      try {
        const heard = await get<Answer>(address, { signal });
        if (signal.aborted) return;
        show({ answer: heard, atMs: Date.now() });
        setProblem(undefined);
      } catch (error) {
        if (signal.aborted) return;
        setProblem(toProblem(error));
      }
      askLater(address);
    }
    // Who does not look is not told: coming back asks at once.
    function askLater(address: string): void {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') timer = setTimeout(() => void ask(address), everyMs);
    }
    void ask(path);
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible') void ask(path);
      },
      { signal },
    );
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, attempt]);
  return { answer, atMs, problem, reload: () => setAttempt((before) => before + 1) };
}
