/**
 * Decides whether processes of the app use colors: they write to a pipe, and cannot know where the
 * output goes.
 *
 * @module
 */

/**
 * Enables colors for a terminal, and disables them for a file, unless the environment sets either.
 */
export function withColours(
  environment: Record<string, string>,
  terminal: boolean,
): Record<string, string> {
  if ("NO_COLOR" in environment || "FORCE_COLOR" in environment) return environment;
  return { ...environment, [terminal ? "FORCE_COLOR" : "NO_COLOR"]: "1" };
}
