/**
 * Waiting, on a machine that may be under any load.
 *
 * @module
 */

/** How long anything may take, in ms. It is no measure of speed. */
const PATIENCE = 120_000;

/** How often it is looked whether something has come about, in ms. */
const LOOK_INTERVAL = 20;

/** Waits for a while. */
export function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** Waits until something has come about. */
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
