/**
 * Encodes a message for many receivers once.
 *
 * @module
 */

/**
 * Returns what `make` returned for the first receiver of a message.
 *
 * @param shared Shared by all receivers of one message.
 * @param key Distinguishes the bytes of different protocols.
 */
export function madeOnce(
  shared: Map<unknown, Uint8Array>,
  key: unknown,
  make: () => Uint8Array,
): Uint8Array {
  let bytes = shared.get(key);
  if (bytes === undefined) shared.set(key, bytes = make());
  return bytes;
}
