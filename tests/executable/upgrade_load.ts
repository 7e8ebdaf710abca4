// Replaces a running executable under load and upgrades to it. Runs in a separate network if the
// kernel must be configured for it. Arguments: the executable, and a port. Prints the result as
// JSON.

import { App, ask } from "./executables.ts";

const CLIENTS = 4;
const UPGRADES = 2;
const [original, portText, handoff] = Deno.args;
const port = Number(portText);

const folder = await Deno.makeTempDir({ prefix: "goer-upgrade" });
const program = `${folder}/goer`;
await Deno.copyFile(original, program);

/** The file that a process runs: another one after its own was replaced. */
async function fileOf(pid: number): Promise<number> {
  return (await Deno.stat(`/proc/${pid}/exe`)).ino!;
}

const source = `import { Goer } from "@goer/goer";
export default new Goer("text://127.0.0.1:${port}", {
  workers: 2,
  handoff: "${handoff}",
  reloadTimeout: 5000,
  onMessage: (connection, line) => void connection.send(line),
});`;

let answered = 0;
const failed: string[] = [];
let stop = false;

async function visit(client: number): Promise<void> {
  while (!stop) {
    try {
      const line = `${client} ${answered}`;
      if (await ask(port, line) !== line) throw new Error("another line came back");
      answered++;
    } catch (error) {
      failed.push(String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

try {
  await using app = await App.write(program, { "app.js": source });
  await app.start();
  const before = await app.status();
  const clients = Array.from({ length: CLIENTS }, (_, client) => visit(client));
  const outcomes = [];
  const fresh = [];
  for (let round = 0; round < UPGRADES; round++) {
    await Deno.copyFile(original, `${program}.new`);
    await Deno.rename(`${program}.new`, program);
    outcomes.push((await app.command(["upgrade"])).code);
    const { pid, workers } = await app.status();
    const { ino } = await Deno.stat(program);
    const ready = workers.filter(({ state }) => state === "ready");
    const files = await Promise.all([pid, ...ready.map(({ pid }) => pid)].map(fileOf));
    fresh.push(files.length > 2 && files.every((file) => file === ino));
  }
  stop = true;
  await Promise.all(clients);
  const after = await app.status();
  console.log(JSON.stringify({
    answered: answered > 100,
    failed,
    outcomes,
    fresh,
    upgrades: after.upgrades,
    handoff: after.handoff,
    samePid: after.pid === before.pid,
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
