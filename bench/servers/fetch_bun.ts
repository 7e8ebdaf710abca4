// `Bun.serve` with one of the functions of `fetch_app.ts`.

import process from "node:process";
import { appOf } from "./fetch_app.ts";

declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    maxRequestBodySize: number;
    fetch: (request: Request) => Response | Promise<Response>;
  }): { port: number };
};

const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  maxRequestBodySize: 2 ** 40,
  fetch: appOf(process.argv[2]),
});
console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] }));
process.on("SIGTERM", () => process.exit(0));
