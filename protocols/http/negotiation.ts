/**
 * Which content coding a client accepts (RFC 9110, section 12.5.3).
 *
 * @module
 */

import type { Encoding } from "../../src/runtime/bytes/compression.ts";
import { indexOrEnd, trimmed } from "./lists.ts";

/** `qvalue` (section 12.4.2). */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** What a client accepts. */
export interface AcceptedEncoding {
  /** The coding that it likes best of those that are offered; `undefined` for none. */
  readonly encoding: Encoding | undefined;
  /** False if it refuses content without a coding. */
  readonly identity: boolean;
}

/**
 * Reads an Accept-Encoding field.
 *
 * @param value Its value; `null` if there is no such field.
 * @param offered The codings to choose from. Of those that the client likes equally well, the one that
 * it names first is taken, and of those that it does not name, the first that is offered.
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
 * The weights of the codings that matter here, in the order of the field. Others are left out, and so is
 * a member that is not valid.
 */
function weightsOf(value: string, offered: readonly Encoding[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (let start = 0; start < value.length;) {
    const end = indexOrEnd(value, ",", start);
    const member = value.slice(start, end).toLowerCase();
    start = end + 1;
    const nameEnd = indexOrEnd(member, ";", 0);
    const name = trimmed(member.slice(0, nameEnd));
    // Section 8.4.1.3: it is the same coding.
    const coding = name === "x-gzip" ? "gzip" : name;
    const matters = coding === "*" || coding === "identity" || offered.includes(coding as Encoding);
    if (!matters || weights.has(coding)) continue;
    const weight = weightIn(member, nameEnd + 1);
    if (WEIGHT.test(weight)) weights.set(coding, Number(weight));
  }
  return weights;
}

/** The text of the first parameter `q`, from `start` on; "1" if there is none. */
function weightIn(member: string, start: number): string {
  while (start < member.length) {
    const end = indexOrEnd(member, ";", start);
    const parameter = trimmed(member.slice(start, end));
    if (parameter.startsWith("q=")) return parameter.slice(2);
    start = end + 1;
  }
  return "1";
}
