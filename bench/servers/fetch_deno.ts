// `Deno.serve` with one of the functions of `fetch_app.ts`.

import { appOf } from "./fetch_app.ts";

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] })),
}, appOf(Deno.args[0]));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
await server.finished;
