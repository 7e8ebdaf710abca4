/**
 * Waits with a limit, so that a test that hangs says where. This does not measure speed.
 *
 * @module
 */

/** Longer than anything takes on a machine under load, in ms. */
const LONGEST_WAIT = 30_000;

/** Rejects if `promise` takes longer than it could on a machine under load. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} took over ${LONGEST_WAIT} ms`)),
      LONGEST_WAIT,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The first and the longest pause between two attempts, in ms. Many short ones would slow down the
 * awaited work.
 */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 50;

/** Calls `probe` until it returns a truthy value, and returns that. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + LONGEST_WAIT;
  for (let pause = FIRST_PAUSE; performance.now() < deadline; pause *= 1.5) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE)));
  }
  throw new Error(`${what}: not seen within ${LONGEST_WAIT} ms`);
}
