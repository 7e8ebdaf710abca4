/**
 * Bounds on waiting, so that a test that hangs says where. They are no measure of speed.
 *
 * @module
 */

/** Longer than anything takes on a machine under load, in ms. */
const PATIENCE = 30_000;

/** Rejects when `promise` takes longer than a machine under load would. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, impatience]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first and the longest pause between two tries, in ms: many short ones would slow down what they wait for. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 50;

/** Asks again and again until `probe` gives what is truthy, and returns that. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (let pause = FIRST_PAUSE; performance.now() < deadline; pause *= 1.5) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE)));
  }
  throw new Error(`${what}: not seen within ${PATIENCE} ms`);
}
