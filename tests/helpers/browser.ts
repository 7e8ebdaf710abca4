/**
 * A real Chromium.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";
import { which } from "../tools.ts";

const executablePath = await which("chromium");

/** Why tests in a browser cannot run on this machine, if so. */
export const NO_CHROMIUM = executablePath === undefined ? "there is no chromium" : undefined;

/** Starts it; `await using` ends it. */
export function openBrowser(): Promise<Browser> {
  // A process for each loaded page would take most of the CPU time.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--process-per-site"] });
}
