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

/** The most files of a folder that are checked: more would take too long. */
const MOST_FILES = 5000;

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
    this.#timer = setInterval(() => this.#check(), INTERVAL);
    this.#timer.unref?.();
  }

  /** Stops checking. */
  stop(): void {
    clearInterval(this.#timer);
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
    for (const path of this.#files()) {
      const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
      versions.set(path, facts ? [facts.ino, facts.mtimeNs, facts.size].join(":") : "");
    }
    return versions;
  }
}

/** The paths whose versions differ. */
function difference(one: Map<string, string>, other: Map<string, string>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path) !== other.get(path));
}

/**
 * The modules in a folder and below it, without hidden files, `node_modules`, links, and the folder
 * `excluded`. At most 5,000.
 */
export function modulesIn(folder: string, excluded: string): string[] {
  const found: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(next)) {
      const { name } = entry;
      const path = join(next, name);
      if (name.startsWith(".") || name === "node_modules" || path === excluded) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && MODULE.test(name)) found.push(path);
      if (found.length === MOST_FILES) return found;
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
