/**
 * Paths that no other user can lead elsewhere.
 *
 * A path is walked from the root down. Each folder on it has to belong to root or to this user, and
 * nobody else may write to it, except where its sticky bit keeps what is root's or this user's in its
 * place. What has been found so stays so, whatever other users do: only root and this user could
 * change it. So a path that was checked can be used later, by its name, and there is no race between
 * the check and the use.
 *
 * @module
 */

import * as fs from "node:fs";
import { isAbsolute, join } from "node:path";
import { hasCode } from "./file_system.ts";
import { userId } from "../process/process.ts";
import { isGroupOf } from "../process/users.ts";

/** What a path leads to. */
export interface TrustedPath {
  /** Without links. */
  readonly path: string;
  /** True for a directory. */
  readonly directory: boolean;
  /** The owner's user id. */
  readonly owner: number;
  /** The permission bits. */
  readonly mode: number;
  /** Other users may create, rename or remove files in it. */
  readonly shared: boolean;
}

/** Options of {@linkcode trustedPath}. */
export interface TrustOptions {
  /** Creates the directories that are missing, for this user alone. */
  create?: boolean;
  /** Trusts the members of each group that root lets write to a folder. */
  trustGroups?: boolean;
}

/** Another user can lead a path elsewhere. */
export class UntrustedPathError extends Error {
  /** @param path The part of the path that is at fault. @param fault What it is, or does. */
  constructor(path: string, fault: string) {
    super(`${path} ${fault}`);
    this.name = "UntrustedPathError";
  }
}

/** How many links a path may lead over, as Linux has it. */
const MAX_LINKS = 40;

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * Walks an absolute path, and makes sure that no other user can lead it elsewhere.
 *
 * @returns What it leads to; `undefined` where that does not exist.
 * @throws {UntrustedPathError} If another user can.
 */
export function trustedPath(path: string, options: TrustOptions = {}): TrustedPath | undefined {
  const root = inspect("/")!;
  // Whoever owns the root can change all below it; in a user namespace that need not be number 0.
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

/** What a name in the file system stands for. */
interface Facts {
  directory: boolean;
  owner: number;
  group: number;
  mode: number;
  /** Where a symbolic link leads. */
  link?: string;
}

/** Refuses a folder in which others could replace what the path goes on with; true: some may write. */
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

/** Who, beside its owner, may write to a folder. */
function writers({ mode, group }: Facts, trusted: ReadonlySet<number>): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0) return "every user";
  return (mode & GROUP_WRITES) !== 0 && !isGroupOf(group, trusted) ? "its group" : undefined;
}

function createDirectory(path: string): Facts | undefined {
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Where somebody else was faster, what there is now is looked at.
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

/** Deno may be permitted to read the folder itself, and none above it; commands may look all the same. */
function inspectByCommand(path: string): Facts | undefined {
  const words = run("stat", "-c", "%u %g %f", path)?.split(" ");
  if (words === undefined) return undefined;
  const [owner, group] = words.map(Number);
  const mode = parseInt(words[2], 16);
  const type = mode & FILE_TYPE;
  const link = type === SYMBOLIC_LINK ? run("readlink", path)?.replace(/\n$/, "") : undefined;
  return { directory: type === DIRECTORY, owner, group, mode: mode & 0o7777, link };
}

/** What a command prints; `undefined` where it fails. */
function run(command: string, ...args: string[]): string | undefined {
  const { success, stdout } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
  return success ? new TextDecoder().decode(stdout) : undefined;
}
