/**
 * The runtime's own timers, and whether they keep the process alive.
 *
 * @module
 */

/** The result of `setTimeout`: a number, as in the web, or an object. */
export type NativeTimer = number | { ref(): unknown; unref(): unknown };

/**
 * Starts a native timer.
 *
 * @param callback What to call.
 * @param delay In ms, from 0 to 2^31 - 1.
 * @returns The timer, for {@linkcode clearNativeTimer}.
 */
export function startNativeTimer(callback: () => void, delay: number): NativeTimer {
  return setTimeout(callback, delay) as unknown as NativeTimer;
}

/**
 * Waits, and keeps the process alive during that time.
 *
 * @param time In ms, from 0 to 2^31 - 1.
 */
export function delay(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/**
 * Waits for `work`, at most for `time`, and keeps the process alive during that time.
 *
 * @param time In ms, from 0 to 2^31 - 1.
 * @param work If it rejects, this rejects, too.
 */
export async function within(time: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, time));
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Cancels a native timer.
 *
 * @param timer The result of {@linkcode startNativeTimer}.
 */
export function clearNativeTimer(timer: NativeTimer): void {
  clearTimeout(timer as number);
}

/**
 * Sets whether a native timer keeps the process alive.
 *
 * @param timer The result of {@linkcode startNativeTimer}.
 * @param alive True to keep it alive while the timer is pending.
 */
export function holdNativeTimer(timer: NativeTimer, alive: boolean): void {
  if (typeof timer === "number") {
    if (alive) Deno.refTimer(timer);
    else Deno.unrefTimer(timer);
  } else if (alive) timer.ref();
  else timer.unref();
}
