/**
 * Notices changes of source files.
 *
 * @module
 */

import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * How often files are checked, in ms. Events of file systems do not work through links, in containers and
 * on network file systems.
 */
const INTERVAL = 300;

/** How many times as long as a check the pause after it is at least: the process has other things to do. */
const PAUSE_FACTOR = 10;

/** The most entries of a folder, and of those in it, that are looked at: more would take too long. */
const MOST_ENTRIES = 20_000;

/** The names of modules. Other files may be data that the app writes itself. */
const MODULE = /\.[mc]?[jt]sx?$/;

/** Notices changes of source files. */
export class SourceWatch {
  readonly #files: () => readonly string[];
  readonly #changed: (paths: string[]) => void;
  /** The versions of the files that were last reported. */
  #reported: Map<string, string>;
  /** The versions at the last check. */
  #seen: Map<string, string>;
  readonly #timer: ReturnType<typeof setInterval>;
  /** When to check again at the earliest. */
  #restsUntil = 0;

  /**
   * Starts to check files.
   *
   * @param files Returns their paths, which may be others at each check.
   * @param changed Receives the paths that were changed, added or removed, when nothing has changed for
   * 300 ms: editors write several files.
   */
  constructor(files: () => readonly string[], changed: (paths: string[]) => void) {
    this.#files = files;
    this.#changed = changed;
    this.#reported = this.#versions();
    this.#seen = new Map(this.#reported);
    this.#timer = setInterval(() => this.#checkAtLeisure(), INTERVAL);
    this.#timer.unref?.();
  }

  /** Stops checking. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #checkAtLeisure(): void {
    const start = performance.now();
    if (start < this.#restsUntil) return;
    this.#check();
    const end = performance.now();
    this.#restsUntil = end + (end - start) * PAUSE_FACTOR;
  }

  /** The list of files has changed: that a file is listed now, or no longer, is not a change of it. */
  accept(): void {
    const now = this.#versions();
    for (const [path, version] of now) {
      if (this.#reported.has(path)) continue;
      this.#reported.set(path, version);
      this.#seen.set(path, version);
    }
    for (const path of this.#reported.keys()) {
      if (now.has(path)) continue;
      this.#reported.delete(path);
      this.#seen.delete(path);
    }
  }

  #check(): void {
    const now = this.#versions();
    const before = this.#seen;
    this.#seen = now;
    if (difference(before, now).length > 0) return;
    const paths = difference(this.#reported, now);
    this.#reported = new Map(now);
    if (paths.length > 0) this.#changed(paths);
  }

  /** A version changes when a file is written, replaced, or removed. */
  #versions(): Map<string, string> {
    const versions = new Map<string, string>();
    for (const path of this.#files()) versions.set(path, versionOf(path));
    return versions;
  }
}

/** Empty if the file does not exist, or if nothing can be known of it: its folder may be closed to us. */
function versionOf(path: string): string {
  try {
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    return facts ? [facts.ino, facts.mtimeNs, facts.size].join(":") : "";
  } catch {
    return "";
  }
}

/** The paths whose versions differ. */
function difference(one: Map<string, string>, other: Map<string, string>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path) !== other.get(path));
}

/**
 * The modules in a folder and below it, without hidden files, `node_modules`, links, and the folder
 * `excluded`. Of more than 20,000 entries, the nearest ones are looked at.
 */
export function modulesIn(folder: string, excluded: string): string[] {
  const found: string[] = [];
  const folders = [folder];
  let entries = 0;
  // It grows meanwhile.
  for (const next of folders) {
    for (const entry of entriesOf(next)) {
      if (++entries > MOST_ENTRIES) return found;
      const { name } = entry;
      const path = join(next, name);
      if (name.startsWith(".") || name === "node_modules" || path === excluded) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && MODULE.test(name)) found.push(path);
    }
  }
  return found;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // It was removed meanwhile, or is not readable.
  }
}
