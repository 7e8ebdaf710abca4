/**
 * Users and groups of the system, by name.
 *
 * @module
 */

import { readText } from "./files.ts";

/** What processes of a user run as. */
export interface User {
  uid: number;
  gid: number;
}

/** Finds a user, and a group where one is named, else the user's own. `undefined`: no such. */
export function findUser(user: string, group: string): User | undefined {
  const account = findEntry("/etc/passwd", user);
  const uid = idOf(user, account);
  const gid = group === "" ? Number(account?.[3]) : idOf(group, findEntry("/etc/group", group));
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

/** A name that is a number stands for itself. */
function idOf(name: string, entry: string[] | undefined): number {
  return Number(entry?.[2] ?? (/^[0-9]+$/.test(name) ? name : NaN));
}

function findEntry(path: string, name: string): string[] | undefined {
  const lines = (readText(path) ?? "").split("\n").map((line) => line.split(":"));
  return lines.find((fields) => fields[0] === name || fields[2] === name);
}
