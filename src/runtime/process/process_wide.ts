/**
 * Values that exist once per process, even if two copies of this library are loaded: the one of the
 * `goer` command and the one that the app has installed.
 *
 * @module
 */

/** The value of this name. The first copy that needs it creates it. */
export function processWide<T>(name: string, make: () => T): T {
  const store = globalThis as unknown as Record<symbol, T | undefined>;
  return store[Symbol.for(`goer.${name}`)] ??= make();
}
