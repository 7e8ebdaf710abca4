// Goer with one of the functions of `fetch_app.ts`. "own" is its own handler, and "native" the
// function "hello" with the runtime's own `Request` and `Response`.

import process from "node:process";
import { Goer } from "../../mod.ts";
import { createHttp } from "../../protocols/http/mod.ts";
import { appOf } from "./fetch_app.ts";

const [, , name] = process.argv;
const goer = name === "own"
  ? new Goer("http://127.0.0.1:0", { onMessage: (connection) => connection.send("hello") })
  : name === "native"
  ? new Goer("http://127.0.0.1:0", { fetch: appOf("hello") })
  : new Goer("http://127.0.0.1:0", {
    fetch: appOf(name),
    overrideGlobals: true,
    protocol: createHttp({ maxBodySize: Infinity }),
  });
const { addresses } = await goer.listen();
console.log(JSON.stringify({ addresses }));
process.on("SIGTERM", () => process.exit(0));
