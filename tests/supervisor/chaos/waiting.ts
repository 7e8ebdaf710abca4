/**
 * Waiting on a machine under any load.
 *
 * @module
 */

/** How long anything may take, in ms. This does not measure speed. */
const PATIENCE = 120_000;

/** How often conditions are checked, in ms. */
const LOOK_INTERVAL = 20;

/** Waits for a while. */
export function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** Waits until a condition is true. */
export async function eventually(
  what: string,
  probe: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!await probe()) {
    if (performance.now() > deadline) throw new Error(`${what}: not seen in ${PATIENCE} ms`);
    await pause(LOOK_INTERVAL);
  }
}
