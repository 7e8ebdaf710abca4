/**
 * `goer licenses`
 *
 * @module
 */

import { writeOutput } from "../runtime/process/output.ts";
import { EXIT_CODES } from "./usage.ts";

/** The npm build replaces this with the licences of Goer and its bundled libraries. */
const BUNDLED = "@LICENSES@";

/** Prints the licences. */
export function licenses(): number {
  const unbundled = "Goer: MIT. Its libraries are installed separately, with their own licences.\n";
  writeOutput(BUNDLED.startsWith("@") ? unbundled : BUNDLED);
  return EXIT_CODES.done;
}
