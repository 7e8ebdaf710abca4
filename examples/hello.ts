/**
 * Replies to every line with hello. Start it with `deno run -A mod.ts start examples/hello.ts`, and
 * talk to it with `nc 127.0.0.1 8080`.
 *
 * @module
 */

import { Goer } from "@goer/goer";

const goer = new Goer("text://127.0.0.1:8080");
goer.onMessage = (connection, line) => connection.send(`hello ${line}`);

export default goer;
