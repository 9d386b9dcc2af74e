/** Why a call failed, as a person may read it. */

export interface FieldError {
  /** Its name in the request, such as `text`. */
  readonly field: string;
  readonly message: string;
}

export class Problem extends Error {
  /** 0: no answer came. */
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly requestId: string | undefined;
  /** When to try again. */
  readonly retryAfterS: number | undefined;

  constructor(
    message: string,
    details: {
      readonly status: number;
      readonly errors?: readonly FieldError[];
      readonly requestId?: string | undefined;
      readonly retryAfterS?: number | undefined;
    },
  ) {
    super(message);
    this.status = details.status;
    this.errors = details.errors ?? [];
    this.requestId = details.requestId;
    this.retryAfterS = details.retryAfterS;
  }

  /** Nobody knows whether it was done: with the same idempotency key it may be asked again. */
  get isUncertain(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Of an answer that is no success. */
export async function problemOf(response: Response): Promise<Problem> {
  const { status, headers } = response;
  const retryAfter = Number(headers.get('retry-after'));
  const retryAfterS = retryAfter > 0 ? retryAfter : undefined;
  const fallback = new Problem('The server answered with an error.', { status, retryAfterS });
  if (!headers.get('content-type')?.includes('json')) return fallback;
  const body = (await response.json().catch(() => undefined)) as
    | { detail?: string; title?: string; errors?: FieldError[]; request_id?: string }
    | undefined;
  if (body === undefined) return fallback;
  return new Problem(body.detail ?? body.title ?? fallback.message, {
    status,
    errors: body.errors ?? [],
    requestId: body.request_id,
    retryAfterS,
  });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('Something went wrong in this page. Reload it.', { status: -1 });
}
