/**
 * Says hello to every line: `deno run -A mod.ts start examples/hello.ts`, then `nc 127.0.0.1 8080`.
 *
 * @module
 */

import { Goer } from "@goer/goer";

const goer = new Goer("text://127.0.0.1:8080");
goer.onMessage = (connection, line) => connection.send(`hello ${line}`);

export default goer;
