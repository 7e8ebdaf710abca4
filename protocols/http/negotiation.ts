/**
 * Which content coding a client accepts (RFC 9110, section 12.5.3).
 *
 * @module
 */

import type { Encoding } from "../../src/runtime/compression.ts";
import { trimmed } from "./headers.ts";

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
  const weights = weightsOf(value ?? "");
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

/** The weight of each coding, in the order of the field. A member that is not valid is left out. */
function weightsOf(value: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of value.split(",")) {
    const [name, ...parameters] = member.split(";").map((part) => trimmed(part).toLowerCase());
    // Section 8.4.1.3: it is the same coding.
    const coding = name === "x-gzip" ? "gzip" : name;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    if (coding === "" || weights.has(coding) || !WEIGHT.test(weight)) continue;
    weights.set(coding, Number(weight));
  }
  return weights;
}
