/**
 * One message for many receivers: its bytes are made once.
 *
 * @module
 */

/**
 * What `make` makes of a message, from the first receiver on.
 *
 * @param shared What the receivers of one message share.
 * @param key Tells one protocol's bytes from another's.
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
