/**
 * Suites on engines that this machine may not have. REQUIRE_BACKENDS, comma-separated, names those whose absence
 * is a failure, as in CI; otherwise it is one visible skip. Not `describe(…, { skip })`: node's summary does not
 * count that.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

export function isBackendRequired(backend: string): boolean {
  const required = (process.env['REQUIRE_BACKENDS'] ?? '').split(',');
  return required.some((name) => name.trim() === backend);
}

/**
 * Describes `suite` on `engine`, which is `undefined` where the engine is absent; `remedy` says what would make it
 * present.
 */
export function describeOnBackend<Engine>(
  subject: string,
  { backend, engine, remedy }: { backend: string; engine: Engine | undefined; remedy: string },
  suite: (engine: Engine) => void,
): void {
  if (engine !== undefined) {
    describe(`${subject} on ${backend}`, () => suite(engine));
    return;
  }
  it(`${subject} on ${backend}`, (test) => {
    assert(!isBackendRequired(backend), `REQUIRE_BACKENDS names ${backend}, which is absent: ${remedy}`);
    test.skip(`${backend} is absent: ${remedy}`);
  });
}
