/**
 * Shortens stacks: the lines of your code are kept, those of Goer and the runtime are counted.
 *
 * @module
 */

/** The folders of this library's own modules, as they appear in stacks. */
const OWN_FOLDERS = foldersOf(import.meta.url);

/** Frames of a runtime, and of functions without a file. */
const RUNTIME_REGEXP = /\b(ext|node|bun|deno|data):|<anonymous>|\bnative\b|internal:|at unknown$/;

const FRAME_REGEXP = /^ +at /;

/** True for a line of a stack, and false for a line of its message. */
export function isFrame(line: string): boolean {
  return FRAME_REGEXP.test(line);
}

/**
 * The frames of your code, and a line that counts the others.
 *
 * @returns An empty array if no frame is of your code: the mistake may be in Goer, so its frames
 * are needed.
 */
export function foldFrames(frames: readonly string[]): string[] {
  const kept = frames.filter((line) => !isForeign(line));
  const count = frames.length - kept.length;
  if (kept.length === 0 || count === 0) return kept;
  const lines = count === 1 ? "1 line" : `${count} lines`;
  return [...kept, `    … ${lines} in Goer and the runtime`];
}

/** The text of a stack, with its frames folded. */
export function foldStack(stack: string): string {
  const lines = stack.split("\n");
  const folded = foldFrames(lines.filter(isFrame));
  if (folded.length === 0) return stack;
  return [...lines.filter((line) => !isFrame(line)), ...folded].join("\n");
}

/**
 * Lines without the frames of Goer and the runtime, which have only called your code. Text that is no
 * frame remains.
 */
export function withoutForeignFrames(lines: readonly string[]): string[] {
  return lines.filter((line) => !isFrame(line) || !isForeign(line));
}

function isForeign(line: string): boolean {
  return RUNTIME_REGEXP.test(line) || OWN_FOLDERS.some((folder) => line.includes(folder));
}

/** In a bundle, all modules are in one folder. Bun prints paths, the others URLs. */
function foldersOf(url: string): string[] {
  const { pathname } = new URL(url);
  const own = pathname.endsWith("/src/stack_frames.ts")
    ? ["../src/", "../protocols/", "../cli.ts"].map((path) => new URL(path, url).pathname)
    : [new URL("./", url).pathname];
  return own.flatMap((path) => [...new Set([path, decodeURIComponent(path)])]);
}
