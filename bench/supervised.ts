/**
 * The cost of a worker of `goer start` over the same service in a process of its own, with
 * `goer.listen()`. Arguments choose runtimes: `deno run -A bench/supervised.ts deno`. It needs wrk.
 *
 * @module
 */

import { type Runtime, RUNTIMES } from "../tests/helpers/runtimes.ts";
import { App, freePort, goerCommand } from "../tests/supervisor/app.ts";
import { Running } from "../tests/supervisor/processes.ts";
import { compareRunning, type Load, type RunningServer } from "./helpers/compare.ts";
import { pipeline } from "./helpers/pipeline.ts";
import { printMeasured } from "./helpers/table.ts";
import { wrk } from "./helpers/wrk.ts";

/** How often each server is loaded. */
const ROUNDS = 15;
/** The number of lines in a batch. */
const BATCH = 32;

/** The benchmarks: scheme, handler, operation, load. */
const BENCHMARKS: [scheme: string, handler: string, operation: string, load: Load][] = [
  [
    "text",
    "(connection, line) => void connection.send(line)",
    "message",
    pipeline(lines(), BATCH, { seconds: 1 }),
  ],
  [
    "http",
    '(connection) => void connection.send("hello")',
    "request",
    (url) => wrk(`http://${url.host}/`, { seconds: 1 }),
  ],
];

function lines(): Uint8Array {
  return new TextEncoder().encode(("x".repeat(15) + "\n").repeat(BATCH));
}

/** The words that run a module itself. */
function moduleWords(runtime: Runtime, module: string): string[] {
  return [...goerCommand(runtime).slice(0, -1), module];
}

const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
for (const [scheme, handler, operation, load] of BENCHMARKS) {
  for (const runtime of chosen) {
    console.log(`\n${runtime.name}, ${scheme}`);
    const ports = [freePort(), freePort()];
    await using alone = await App.write(runtime, "");
    await alone.rewrite(`import { Goer } from ${JSON.stringify(alone.goer)};
      const goer = new Goer("${scheme}://127.0.0.1:${ports[0]}");
      goer.onMessage = ${handler};
      await goer.listen();
      console.log("ready");`);
    await using single = new Running(moduleWords(runtime, alone.module));
    await single.printed("ready");
    await using app = await App.write(
      runtime,
      `export default { listen: "${scheme}://127.0.0.1:${
        ports[1]
      }", workers: 1, onMessage: ${handler} };`,
    );
    await app.start();
    const [worker] = await app.workers();
    const servers: RunningServer[] = [
      { name: "goer.listen()", pid: single.pid, url: new URL(`tcp://127.0.0.1:${ports[0]}`) },
      { name: "goer start", pid: worker, url: new URL(`tcp://127.0.0.1:${ports[1]}`) },
    ];
    printMeasured(operation, await compareRunning(servers, load, { rounds: ROUNDS }));
  }
}
