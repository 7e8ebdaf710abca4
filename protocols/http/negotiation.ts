/**
 * Chooses a content coding that a client accepts (RFC 9110, section 12.5.3).
 *
 * @module
 */

import type { Encoding } from "../../src/runtime/bytes/compression.ts";
import { indexOrEnd, trimmed } from "./lists.ts";

/** `qvalue` (section 12.4.2). */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** What a client accepts. */
export interface AcceptedEncoding {
  /** The preferred coding of those on offer; `undefined` if there is none. */
  readonly encoding: Encoding | undefined;
  /** False if the client refuses unencoded content. */
  readonly identity: boolean;
}

/**
 * Evaluates an Accept-Encoding field.
 *
 * @param value Its value; `null` if the field does not exist.
 * @param offered The supported codings. With equal weights, the first one in the field wins, and
 * among those not in the field, the first one of `offered`.
 */
export function acceptedEncoding(
  value: string | null,
  offered: readonly Encoding[],
): AcceptedEncoding {
  const weights = weightsOf(value ?? "", offered);
  const identity = weights.get("identity");
  let encoding: Encoding | undefined;
  let best = 0;
  for (const [coding, weight] of weights) {
    if (weight <= best) continue;
    const match = offered.find((each) => coding === "*" ? !weights.has(each) : coding === each);
    if (match === undefined) continue;
    encoding = match;
    best = weight;
  }
  if (identity !== undefined && identity > best) encoding = undefined;
  return { encoding, identity: (identity ?? weights.get("*")) !== 0 };
}

/**
 * The weights of the supported codings, in the order of the field. Invalid members are ignored.
 */
function weightsOf(value: string, offered: readonly Encoding[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (let start = 0; start < value.length;) {
    const end = indexOrEnd(value, ",", start);
    const member = value.slice(start, end).toLowerCase();
    start = end + 1;
    const nameEnd = indexOrEnd(member, ";", 0);
    const name = trimmed(member.slice(0, nameEnd));
    // Section 8.4.1.3: an alias.
    const coding = name === "x-gzip" ? "gzip" : name;
    const matters = coding === "*" || coding === "identity" || offered.includes(coding as Encoding);
    if (!matters || weights.has(coding)) continue;
    const weight = weightIn(member, nameEnd + 1);
    if (WEIGHT.test(weight)) weights.set(coding, Number(weight));
  }
  return weights;
}

/** The text of the first parameter `q` after `start`; "1" if there is none. */
function weightIn(member: string, start: number): string {
  while (start < member.length) {
    const end = indexOrEnd(member, ";", start);
    const parameter = trimmed(member.slice(start, end));
    if (parameter.startsWith("q=")) return parameter.slice(2);
    start = end + 1;
  }
  return "1";
}
