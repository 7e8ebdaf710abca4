/** Counts the native timers that are started while `body` runs. */
export async function nativeTimersOf(body: () => void | Promise<void>): Promise<number> {
  const { setTimeout, setInterval } = globalThis;
  let count = 0;
  const counting = (start: typeof setTimeout) => (...args: Parameters<typeof setTimeout>) => {
    count++;
    return start(...args);
  };
  Object.assign(globalThis, {
    setTimeout: counting(setTimeout),
    setInterval: counting(setInterval as typeof setTimeout),
  });
  try {
    await body();
  } finally {
    Object.assign(globalThis, { setTimeout, setInterval });
  }
  return count;
}
