/**
 * Paths that other users cannot redirect.
 *
 * A path is checked from the root down. Each folder must belong to root or this user, and no other
 * user may write to it, unless its sticky bit protects the entries of root and this user. Only root
 * and this user can change what has been checked. So a checked path can be used later by name,
 * without a race between the check and the use.
 *
 * @module
 */

import * as fs from "node:fs";
import { isAbsolute, join } from "node:path";
import { hasCode } from "./file_system.ts";
import { userId } from "../process/process.ts";
import { isGroupOf } from "../process/users.ts";

/** A checked path. */
export interface TrustedPath {
  /** The path without links. */
  readonly path: string;
  /** True for a directory. */
  readonly directory: boolean;
  /** The owner's user id. */
  readonly owner: number;
  /** The permission bits. */
  readonly mode: number;
  /** True if other users may create, rename or remove files in it. */
  readonly shared: boolean;
}

/** Options of {@linkcode trustedPath}. */
export interface TrustOptions {
  /** Creates missing directories, for this user only. */
  create?: boolean;
  /** Trusts the members of each group that root lets write to a folder. */
  trustGroups?: boolean;
}

/** Another user can redirect a path. */
export class UntrustedPathError extends Error {
  /** @param path The insecure part of the path. @param fault What is wrong with it. */
  constructor(path: string, fault: string) {
    super(`${path} ${fault}`);
    this.name = "UntrustedPathError";
  }
}

/** The most links in a path, as on Linux. */
const MAX_LINKS = 40;

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * Checks that no other user can redirect an absolute path.
 *
 * @returns The result; `undefined` if the path does not exist.
 * @throws {UntrustedPathError} If another user can redirect it.
 */
export function trustedPath(path: string, options: TrustOptions = {}): TrustedPath | undefined {
  const root = inspect("/")!;
  // The owner of the root can change everything below it. In a user namespace this may not be 0.
  const trusted = new Set([0, root.owner, userId()]);
  const names = path.split("/");
  let here = { path: "/", ...root };
  for (let links = 0; names.length > 0;) {
    const name = names.shift()!;
    if (name === "" || name === ".") continue;
    const open = refuseUntrusted(here, trusted, options);
    const next = join(here.path, name);
    const facts = inspect(next) ?? (options.create ? createDirectory(next) : undefined);
    if (facts === undefined) return undefined;
    if (open && !trusted.has(facts.owner)) {
      throw new UntrustedPathError(next, `belongs to user ${facts.owner}`);
    }
    if (facts.link === undefined) {
      here = { path: next, ...facts };
      continue;
    }
    if (++links > MAX_LINKS) throw new UntrustedPathError(path, "contains too many symbolic links");
    names.unshift(...facts.link.split("/"));
    if (isAbsolute(facts.link)) here = { path: "/", ...root };
  }
  const { owner, mode, directory } = here;
  const shared = !trusted.has(owner) || writers(here, trusted) !== undefined;
  return { path: here.path, directory, owner, mode, shared };
}

/** An entry of the file system. */
interface Facts {
  directory: boolean;
  owner: number;
  group: number;
  mode: number;
  /** The target of a symbolic link. */
  link?: string;
}

/**
 * Refuses a folder in which others could replace the next name. Returns true if some may write to
 * it.
 */
function refuseUntrusted(
  here: Facts & { path: string },
  trusted: ReadonlySet<number>,
  { trustGroups = false }: TrustOptions,
): boolean {
  const { path, directory, owner, mode } = here;
  if (!directory) throw new UntrustedPathError(path, "is not a directory");
  if (!trusted.has(owner)) throw new UntrustedPathError(path, `belongs to user ${owner}`);
  const who = writers(here, trusted);
  if (who === undefined || (mode & STICKY) !== 0) return who !== undefined;
  if (who === "its group" && trustGroups) return false;
  throw new UntrustedPathError(path, `can be changed by ${who} (mode ${mode.toString(8)})`);
}

/** Who may write to a folder, besides its owner. */
function writers({ mode, group }: Facts, trusted: ReadonlySet<number>): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0) return "every user";
  return (mode & GROUP_WRITES) !== 0 && !isGroupOf(group, trusted) ? "its group" : undefined;
}

function createDirectory(path: string): Facts | undefined {
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // If another process was faster, its directory is checked.
    if (!hasCode(error, "EEXIST")) throw error;
  }
  return inspect(path);
}

function inspect(path: string): Facts | undefined {
  let facts: fs.Stats | undefined;
  try {
    facts = fs.lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, "ENOTDIR")) return undefined;
    if ((error as Error).name !== "NotCapable") throw error;
    return inspectByCommand(path);
  }
  if (facts === undefined) return undefined;
  const link = facts.isSymbolicLink() ? fs.readlinkSync(path) : undefined;
  const { uid: owner, gid: group } = facts;
  return { directory: facts.isDirectory(), owner, group, mode: facts.mode & 0o7777, link };
}

const FILE_TYPE = 0o170000;
const DIRECTORY = 0o040000;
const SYMBOLIC_LINK = 0o120000;

/**
 * Deno may be permitted to read only the folder itself, not those above it. Commands can still
 * check them.
 */
function inspectByCommand(path: string): Facts | undefined {
  const words = run("stat", "-c", "%u %g %f", path)?.split(" ");
  if (words === undefined) return undefined;
  const [owner, group] = words.map(Number);
  const mode = parseInt(words[2], 16);
  const type = mode & FILE_TYPE;
  const link = type === SYMBOLIC_LINK ? run("readlink", path)?.replace(/\n$/, "") : undefined;
  return { directory: type === DIRECTORY, owner, group, mode: mode & 0o7777, link };
}

/** The output of a command; `undefined` if it fails. */
function run(command: string, ...args: string[]): string | undefined {
  const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
  return success ? new TextDecoder().decode(stdout) : undefined;
}
