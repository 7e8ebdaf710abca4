/**
 * The two parts of `host:port`.
 *
 * @module
 */

/** The host of `host:port` without its brackets. What has no port, such as `unix:`, is unchanged. */
export function hostOf(address: string): string {
  const colon = address.lastIndexOf(":");
  if (colon === -1 || colon === address.length - 1) return address;
  return address.startsWith("[") ? address.slice(1, address.indexOf("]")) : address.slice(0, colon);
}
