/**
 * What there is once in a process, also where two copies of this library are loaded: that of the `goer`
 * command, and one that the app has installed.
 *
 * @module
 */

/** The value of this name, which the first copy that asks for it makes. */
export function processWide<T>(name: string, make: () => T): T {
  const store = globalThis as unknown as Record<symbol, T | undefined>;
  return store[Symbol.for(`goer.${name}`)] ??= make();
}
