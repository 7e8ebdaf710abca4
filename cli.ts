/**
 * The `goer` command.
 *
 * @module
 */

import { main } from "./src/cli/main.ts";

export { main };
export type { Program } from "./src/cli/program.ts";
export type { OwnModule } from "./src/runtime/own_modules.ts";

if (import.meta.main) await main();
