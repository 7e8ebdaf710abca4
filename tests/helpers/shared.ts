/**
 * What the tests of a file share on each runtime, such as a running app: starting a process for each
 * test takes most of the CPU time.
 *
 * @module
 */

import { type Runtime, type RuntimeName, RUNTIMES, testOnEach } from "./runtimes.ts";

/**
 * Registers a test for each runtime. `skip` is why it cannot run on this machine, if so. With
 * `testInTurn` as `register`, it runs on one of them.
 */
export type RegisterTest<Shared> = (
  name: string,
  body: (shared: Shared, runtime: Runtime, context: Deno.TestContext) => Promise<void>,
  skip?: string,
  register?: typeof testOnEach,
) => void;

/**
 * Starts something on each runtime before the first test of a file, and disposes of it after the last
 * one. Returns the function that registers the tests.
 *
 * @param start Starts it, and adds to `stack` what must be disposed of.
 * @param skip Why no test can run on this machine, if so.
 */
export function shareOnEach<Shared>(
  start: (runtime: Runtime, stack: AsyncDisposableStack) => Promise<Shared>,
  skip?: string,
): RegisterTest<Shared> {
  const shared = new Map<RuntimeName, Shared>();
  const stack = new AsyncDisposableStack();
  if (skip === undefined) {
    Deno.test.beforeAll(async () => {
      for (const runtime of RUNTIMES) shared.set(runtime.name, await start(runtime, stack));
    });
    Deno.test.afterAll(() => stack.disposeAsync());
  }
  return (name, body, reason, register = testOnEach) => {
    register(
      name,
      (runtime, context) => body(shared.get(runtime.name)!, runtime, context),
      skip ?? reason,
    );
  };
}
