/**
 * Users and groups of the system, by name.
 *
 * @module
 */

import { readText } from "../files/file_system.ts";

/** The ids that processes of a user run with. */
export interface User {
  uid: number;
  gid: number;
}

/** Finds a user, and a group or else the user's own group. `undefined` if one does not exist. */
export function findUser(user: string, group: string): User | undefined {
  const account = findEntry("/etc/passwd", user);
  const uid = idOf(user, account);
  const gid = group === "" ? Number(account?.[3]) : idOf(group, findEntry("/etc/group", group));
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

/** True if a group has members, and all of them are among these users. */
export function isGroupOf(gid: number, users: ReadonlySet<number>): boolean {
  try {
    const accounts = entries("/etc/passwd");
    const group = entries("/etc/group").find((fields) => fields[2] === String(gid));
    const named = group?.[3]?.split(",").filter((name) => name !== "") ?? [];
    const members = accounts.filter((fields) =>
      fields[3] === String(gid) || named.includes(fields[0])
    );
    const known = named.every((name) => members.some((fields) => fields[0] === name));
    return known && members.length > 0 && members.every((fields) => users.has(Number(fields[2])));
  } catch {
    // Deno may not permit to read these files.
    return false;
  }
}

/** A numeric name is an id. */
function idOf(name: string, entry: string[] | undefined): number {
  return Number(entry?.[2] ?? (/^[0-9]+$/.test(name) ? name : NaN));
}

function findEntry(path: string, name: string): string[] | undefined {
  return entries(path).find((fields) => fields[0] === name || fields[2] === name);
}

function entries(path: string): string[][] {
  return (readText(path) ?? "").split("\n").map((line) => line.split(":"));
}
