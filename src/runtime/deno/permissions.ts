/**
 * What this process may do.
 *
 * @module
 */

/** True if the C library can be called: on Linux, with the permission. */
export function hasForeignFunctions(): boolean {
  if (Deno.build.os !== "linux") return false;
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}
