/**
 * The `goer` command.
 *
 * @module
 */

import { main } from "./src/cli/main.ts";

if (import.meta.main) await main();
