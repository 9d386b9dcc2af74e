/** Calls whose answer is many lines of JSON, each of which is told as it comes. */
import { csrfHeaders, isReachable } from './http.ts';
import { type FieldError, Problem, problemOf } from './problem.ts';

interface LastLine {
  readonly problem?: { readonly detail: string; readonly status: number; readonly errors?: FieldError[] };
}

/** Rejects with a Problem; what was told before holds. */
export async function postLines<Line>(
  path: string,
  body: Blob | string,
  { signal, onLines }: { readonly signal: AbortSignal; readonly onLines: (lines: readonly Line[]) => void },
): Promise<void> {
  const response = await fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { ...csrfHeaders(), accept: 'application/x-ndjson', 'content-type': 'application/octet-stream' },
    credentials: 'same-origin',
    body,
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    isReachable.value = false;
    throw new Problem('The server cannot be reached.', { status: 0 });
  });
  isReachable.value = true;
  if (!response.ok || response.body === null) throw await problemOf(response);
  let rest = '';
  for await (const text of textsOf(response.body)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) onLines(readLines<Line>(lines));
  }
  // An answer that was cut off ends within a line, or with none that says so: its last row tells how far it came.
  if (rest.trim() !== '') throw new Problem('The connection was lost.', { status: 0 });
}

function readLines<Line>(lines: readonly string[]): Line[] {
  return lines.filter(Boolean).map((line) => {
    const read = JSON.parse(line) as Line & LastLine;
    if (read.problem !== undefined && !('row' in read)) {
      throw new Problem(read.problem.detail, {
        status: read.problem.status,
        errors: read.problem.errors ?? [],
      });
    }
    return read;
  });
}

async function* textsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem('The connection was lost.', { status: 0 });
  }
}
