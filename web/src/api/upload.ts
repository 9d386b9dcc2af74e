/** Sends a file in a form, and tells how far it is: fetch does not tell that. */
import { csrfHeaders } from './http.ts';
import { Problem, problemOf } from './problem.ts';

export interface UploadOptions {
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** A slow line takes minutes for a large picture; one that stands still is given up. */
const STALLED_MS = 30_000;

/** Rejects with a Problem, or with the abort of the signal. */
export function upload<Answer>(path: string, form: FormData, options: UploadOptions): Promise<Answer> {
  const { idempotencyKey, signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const fail = (message: string) => {
      clearTimeout(stalled);
      reject(new Problem(message, { status: 0 }));
    };
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => {
        fail('The upload stands still.');
        request.abort();
      }, STALLED_MS);
    };
    const abort = () => request.abort();
    request.open('POST', `/api/v1${path}`);
    const headers = { accept: 'application/json', 'idempotency-key': idempotencyKey, ...csrfHeaders() };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      watch();
      if (total > 0) onProgress(loaded / total);
    };
    request.onerror = () => fail('The server cannot be reached.');
    request.onabort = () => {
      clearTimeout(stalled);
      reject(signal.reason);
    };
    request.onload = () => {
      clearTimeout(stalled);
      signal.removeEventListener('abort', abort);
      void answerOf<Answer>(request).then(resolve, reject);
    };
    signal.addEventListener('abort', abort);
    watch();
    request.send(form);
  });
}

async function answerOf<Answer>(request: XMLHttpRequest): Promise<Answer> {
  const { status, responseText } = request;
  if (status >= 200 && status < 300) return JSON.parse(responseText) as Answer;
  const headers = new Headers();
  for (const name of ['content-type', 'retry-after']) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  throw await problemOf(new Response(responseText, { status, headers }));
}
