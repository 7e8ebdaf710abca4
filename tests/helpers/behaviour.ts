/**
 * Tests that need nothing but the language and what they test, so that they run on every runtime:
 * `deno test` runs them as they are, and a program that imports them runs them anywhere else.
 *
 * @module
 */

/** One of them. */
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

/** Runs all tests that were registered, one after the other, and returns what became of them. */
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
