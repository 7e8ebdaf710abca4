/**
 * Tests that need only the language and the tested code, so that they run on every runtime: `deno
 * test` runs them directly, and on other runtimes a program imports and runs them.
 *
 * @module
 */

/** A test. */
interface Behaviour {
  name: string;
  body: () => void | Promise<void>;
}

const behaviours: Behaviour[] = [];

/** Registers a test. */
export function behaviour(name: string, body: () => void | Promise<void>): void {
  behaviours.push({ name, body });
  if ("Deno" in globalThis) Deno.test(name, body);
}

/** Runs all registered tests, and returns the results. */
export async function runBehaviours(): Promise<{ passed: string[]; failed: string[] }> {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const { name, body } of behaviours) {
    try {
      await body();
      passed.push(name);
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return { passed, failed };
}
