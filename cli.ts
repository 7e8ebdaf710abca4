/**
 * The `goer` command.
 *
 * @module
 */

import { main } from "./src/cli/main.ts";

export { main };
export type { Program } from "./src/cli/program.ts";
export type { OwnModule } from "./src/runtime/program/module_hooks.ts";

if (import.meta.main) await main();
