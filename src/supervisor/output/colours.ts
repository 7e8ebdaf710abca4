/**
 * Whether processes of the app colour what they print: they write to a pipe, and cannot tell who reads it.
 *
 * @module
 */

/** Has them colour it for a terminal, and not for a file; what the environment says of it goes first. */
export function withColours(
  environment: Record<string, string>,
  terminal: boolean,
): Record<string, string> {
  if ("NO_COLOR" in environment || "FORCE_COLOR" in environment) return environment;
  return { ...environment, [terminal ? "FORCE_COLOR" : "NO_COLOR"]: "1" };
}

/** Has them colour nothing, whatever the environment says. */
export function withoutColours(environment: Record<string, string>): Record<string, string> {
  const { FORCE_COLOR: _, ...others } = environment;
  return { ...others, NO_COLOR: "1" };
}
