/**
 * The CPU cost of `fetch` functions on each runtime, compared with the runtime's own server, and
 * with @hono/node-server on Node; with 100 keep-alive connections.
 *
 * Run it with `deno run -A bench/fetch.ts [seconds] [rounds] [runtime] [app]`. It needs wrk. `bench/README.md` has
 * the results.
 *
 * @module
 */

import { bundled } from "../tests/helpers/bundled.ts";
import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { type Candidate, compare } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";
import { wrk } from "./helpers/wrk.ts";

const [seconds = 2, rounds = 5] = Deno.args.slice(0, 2).map(Number);
const [onlyRuntime, onlyApp] = Deno.args.slice(2);

/** The server to compare with: its name, and its app in `bench/servers`. */
const PEERS = {
  deno: ["Deno.serve", "fetch_deno.ts"],
  bun: ["Bun.serve", "fetch_bun.ts"],
  node: ["@hono/node-server", "fetch_node.ts"],
};

/** The servers of one function, the peer first. */
function candidates(runtime: Runtime, name: string): Candidate[] {
  const [peer, app] = PEERS[runtime.name];
  const goer = "bench/servers/fetch_goer.ts";
  const list: Candidate[] = [
    { name: peer, runtime, app: `bench/servers/${app}`, args: [name] },
    { name: "Goer, fetch", runtime, app: goer, args: [name] },
  ];
  if (name !== "hello") return list;
  return [
    ...list,
    { name: "Goer, fetch, native globals", runtime, app: goer, args: ["native"] },
    { name: "Goer, onMessage", runtime, app: goer, args: ["own"] },
  ];
}

for (const { name, ...runtime } of RUNTIMES.filter(({ name }) => name === (onlyRuntime ?? name))) {
  for (const app of onlyApp === undefined ? ["hello", "hono", "post"] : [onlyApp]) {
    console.log(`\n${name}, ${app}`);
    const script = app === "post" ? new URL("post.lua", import.meta.url).pathname : undefined;
    const measured = await compare(
      candidates(bundled({ name, ...runtime }), app),
      ({ host }) => wrk(`http://${host}/`, { seconds, script }),
      { rounds },
    );
    printMeasured("request", measured);
  }
}
