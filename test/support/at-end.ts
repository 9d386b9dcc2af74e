import type { TestContext } from 'node:test';

const actions = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs `action` when the test ends, the last one first: what was opened in a folder closes before the folder goes. */
export function atEnd(test: TestContext, action: () => unknown): void {
  const known = actions.get(test);
  if (known !== undefined) return void known.push(action);
  const stack = [action];
  actions.set(test, stack);
  test.after(async () => {
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) await next();
  });
}
