/**
 * `goer licenses`
 *
 * @module
 */

import { writeOutput } from "../runtime/process/process.ts";
import { EXIT_CODES } from "./usage.ts";

/** The licences of Goer and of what is bundled with it: the npm build puts them in this place. */
const BUNDLED = "@LICENSES@";

/** Prints the licences. */
export function licenses(): number {
  const apart =
    "Goer: MIT. Here its libraries are not built in: they come with their own licences.\n";
  writeOutput(BUNDLED.startsWith("@") ? apart : BUNDLED);
  return EXIT_CODES.done;
}
