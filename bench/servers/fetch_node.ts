// @hono/node-server with one of the functions of `fetch_app.ts`.

import process from "node:process";
import { serve } from "@hono/node-server";
import { appOf } from "./fetch_app.ts";

serve({ fetch: appOf(process.argv[2]), hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] }));
});
process.on("SIGTERM", () => process.exit(0));
