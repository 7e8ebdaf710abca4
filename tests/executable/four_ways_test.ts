/** The commands of the README, each in an empty directory: the same chat, run in four ways. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildIfStale, DIST } from "../../npm/build.ts";
import { run } from "../cli/goer.ts";
import { until } from "../helpers/wait.ts";
import { findBun, installNode, ROOT, VERSIONS, which } from "../tools.ts";
import { packed } from "../npm/project.ts";
import { files, read } from "../rules/sources.ts";
import { freePort } from "../supervisor/app.ts";
import { Running } from "../supervisor/processes.ts";
import { fetchedApart, startRegistry } from "./jsr_registry.ts";

/** The blocks of commands in the section: the common start, then one for each way. */
const [beginning, sources, executable, jsr, npm] = await blocks("Four ways to run it");

async function blocks(title: string): Promise<string[]> {
  const [section] = (await read("README.md")).split(`\n## ${title}\n`)[1].split(/^## /m);
  return Array.from(section.matchAll(/^```sh\n([^]*?)^```$/gm), ([, commands]) => commands);
}

/** Programs by the names that commands call them. */
type Path = Record<string, string | undefined>;

const deno = Deno.execPath();
const compileDeno = Deno.env.get("DENORT_BIN") && Deno.env.get("COMPILE_DENO");

/**
 * An empty directory with what the reader is told to have: a clone of this repository in `goer`.
 */
class Directory implements AsyncDisposable {
  readonly port: number = freePort();

  private constructor(readonly path: string, readonly env: Record<string, string>) {
    env.CHAT_ADDRESS = `tcp://127.0.0.1:${this.port}`;
    env.XDG_RUNTIME_DIR = path;
  }

  static async create(programs: Path, env: Record<string, string> = {}): Promise<Directory> {
    const path = await Deno.makeTempDir({ prefix: "goer-ways" });
    for (const file of await files("")) {
      await Deno.mkdir(`${path}/goer/${file}`.replace(/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(ROOT + file, `${path}/goer/${file}`);
    }
    await Deno.mkdir(`${path}/bin`);
    for (const [name, program] of Object.entries(programs)) {
      await Deno.symlink(program!, `${path}/bin/${name}`);
    }
    return new Directory(path, { PATH: `${path}/bin:/usr/bin:/bin`, ...env });
  }

  /** Runs commands to their end. */
  async run(commands: string): Promise<void> {
    const { code, out, error } = await run(["sh", "-ec", commands], {
      cwd: this.path,
      env: this.env,
    });
    if (code !== 0) throw new Error(`${commands} ended with ${code}: ${out}${error}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs the commands of a way. The last one serves until the same command with `stop`. */
async function follow(commands: string, directory: Directory): Promise<void> {
  const lines = (beginning + commands).trimEnd().split("\n");
  const last = lines.pop()!;
  await directory.run(lines.join("\n"));
  await using running = new Running(
    ["sh", "-c", `cd ${directory.path} && exec ${last}`],
    directory.env,
  );
  try {
    await running.printed("serving ");
    const page = `http://127.0.0.1:${directory.port}/`;
    assertStringIncludes(await (await fetch(page)).text(), "<title>Goer chat</title>");
    assertEquals(await sayInChat(`${page}chat`, "hello"), "hello");
  } finally {
    await directory.run(last.replace(" start ", " stop "));
  }
  assertEquals(await running.ended(), 0);
}

/** Sends a chat message, and returns the echoed one. */
async function sayInChat(url: string, text: string): Promise<string> {
  const heard: Record<string, unknown>[] = [];
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  socket.onopen = () => socket.send(JSON.stringify({ type: "enter", room: "lobby", name: "Ann" }));
  const event = (type: string) =>
    until(
      `the event ${type}`,
      () => Promise.resolve(heard.find((event) => event.type === type)),
    );
  await event("entered");
  socket.send(JSON.stringify({ type: "say", id: "1", text }));
  const { saying } = await event("said") as { saying: { text: string } };
  socket.close();
  await closed;
  return saying.text;
}

Deno.test("README: the chat runs from the sources of Goer, on Deno", async () => {
  await using directory = await Directory.create({ deno });
  await follow(sources, directory);
});

Deno.test({
  name: "README: the chat runs in an executable compiled by Deno" +
    (compileDeno ? "" : " (skipped: DENORT_BIN and COMPILE_DENO are not set)"),
  ignore: !compileDeno,
  async fn() {
    await using directory = await Directory.create({ deno: compileDeno });
    // The bundle is made by this Deno; the other one is used for the matching base. A bundle of
    // these sources exists already.
    await buildIfStale();
    await directory.run(`cp -r ${DIST} goer/npm/dist`);
    await follow(executable, directory);
  },
});

const bun = await findBun();

Deno.test({
  name: "README: the chat runs in an executable compiled by Bun" +
    (bun === undefined ? " (skipped: there is no bun)" : ""),
  ignore: bun === undefined,
  async fn() {
    await using directory = await Directory.create({ deno, bun });
    await follow(executable.replace("task compile", "task compile:bun"), directory);
  },
});

Deno.test("README: the chat runs with the package on JSR", async () => {
  // JSR does not have unreleased versions, so a similar registry has this repository.
  await using registry = await startRegistry();
  await using directory = await Directory.create({ deno }, { JSR_URL: registry.url });
  Object.assign(directory.env, await fetchedApart(`${directory.path}/deno`));
  await follow(jsr, directory);
});

const node = await installNode(VERSIONS.node24).catch(() => undefined);

Deno.test({
  name: "README: the chat runs with the package on npm" +
    (node === undefined ? " (skipped: no Node that reads TypeScript can be had)" : ""),
  ignore: node === undefined,
  async fn() {
    const [npmCommand, npx] = [await which("npm"), await which("npx")];
    await using directory = await Directory.create({ node, npm: npmCommand, npx });
    // npm does not have unreleased versions, so the package is packed from this repository.
    assertStringIncludes(npm, "npm install @goer/goer\n");
    await follow(npm.replace("npm install @goer/goer", `npm install ${packed}`), directory);
  },
});
