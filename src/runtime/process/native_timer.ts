/**
 * The runtimes' own timers, and whether one keeps the process alive.
 *
 * @module
 */

/** What `setTimeout` returns: a number where timers are the web's, else an object. */
export type NativeTimer = number | { ref(): unknown; unref(): unknown };

/**
 * Starts a timer of the runtime's own.
 *
 * @param callback What to call.
 * @param delay After how long, in ms, from 0 to 2^31 - 1.
 * @returns The timer, to be cleared by `clearTimeout`.
 */
export function startNativeTimer(callback: () => void, delay: number): NativeTimer {
  return setTimeout(callback, delay) as unknown as NativeTimer;
}

/**
 * Waits, and keeps the process alive meanwhile.
 *
 * @param time How long, in ms, from 0 to 2^31 - 1.
 */
export function delay(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/**
 * Waits for `work`, but not longer than `time`, and keeps the process alive meanwhile.
 *
 * @param time How long at most, in ms, from 0 to 2^31 - 1.
 * @param work Rejects where this is to reject.
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
 * Forgets a timer of the runtime's own.
 *
 * @param timer What {@linkcode startNativeTimer} has returned.
 */
export function clearNativeTimer(timer: NativeTimer): void {
  clearTimeout(timer as number);
}

/**
 * Says whether a timer of the runtime's own keeps the process alive.
 *
 * @param timer What {@linkcode startNativeTimer} has returned.
 * @param alive Whether the pending timer keeps the process alive.
 */
export function holdNativeTimer(timer: NativeTimer, alive: boolean): void {
  if (typeof timer === "number") {
    if (alive) Deno.refTimer(timer);
    else Deno.unrefTimer(timer);
  } else if (alive) timer.ref();
  else timer.unref();
}
