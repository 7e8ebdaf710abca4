import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { DIST, scripts } from "../../npm/build.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { findBun, npmInstall, ROOT } from "../tools.ts";
import { packed, Project, run } from "./project.ts";

/** An application as its author writes it; types are checked, nothing is run. */
const CONSUMER = `
import { type Connection, Goer, GoerError } from "@goer/goer";
import { type PacketProtocol, text } from "@goer/goer/protocols";

const quad: PacketProtocol<number> = {
  name: "quad",
  input: () => 4,
  decode: (packet) => packet[0],
  encode: (value) => new Uint8Array([value, 0, 0, 0]),
};
const lines = new Goer("tcp://127.0.0.1:0", { protocol: text });
lines.onMessage = (connection, line) => void connection.send(line.toUpperCase());
const numbers = new Goer("tcp://127.0.0.1:0", {
  protocol: quad,
  onMessage: (connection: Connection<number>, value: number) => void connection.send(value + 1),
});
export const services = [lines, numbers];
export const code = (error: GoerError): string => error.code;
`;

/** The strictest that a consumer may ask for: the declarations themselves are checked, too. */
const STRICTEST = [
  "--strict",
  "--exactOptionalPropertyTypes",
  "--skipLibCheck",
  "false",
];

/** Names every export of the package, so that the declarations of each are checked. */
function reexports(): string {
  return Object.keys(config.exports)
    .map((name, index) => `export * as export${index} from "@goer/goer${name.slice(1)}";`).join(
      "\n",
    );
}

/** A script that prints, for each export of the package, the names that it exports. */
function listing(): string {
  const names = Object.keys(config.exports).map((name) => config.name + name.slice(1));
  return `
    const found = {};
    for (const name of ${JSON.stringify(names)}) {
      found[name] = Object.keys(await import(name)).sort();
    }
    console.log(JSON.stringify(found));
    process.exit(0);
  `;
}

/** What {@linkcode listing} has to print: what the sources export. */
async function exported(): Promise<Record<string, string[]>> {
  const entries = Object.entries(config.exports).map(async ([name, path]) => {
    return [config.name + name.slice(1), Object.keys(await import(`../../${path}`)).sort()];
  });
  return Object.fromEntries(await Promise.all(entries));
}

Deno.test("the package installs by npm, and every export is there on each runtime", async () => {
  await using project = await Project.create((folder) => npmInstall(folder, [packed]));
  await project.write("list.mjs", listing());
  for (const { name, path } of RUNTIMES.filter(({ name }) => name !== "deno")) {
    const found = JSON.parse(await run(path, ["list.mjs"], project.folder));
    assertEquals(found, await exported(), name);
  }
});

const bun = await findBun();

Deno.test({
  name: `the package installs by Bun${bun === undefined ? " (skipped: there is no bun)" : ""}`,
  ignore: bun === undefined,
  async fn() {
    await using project = await Project.create((folder) => run(bun!, ["add", packed], folder));
    await project.write("list.mjs", listing());
    assertEquals(JSON.parse(await run(bun!, ["list.mjs"], project.folder)), await exported());
  },
});

Deno.test("TypeScript accepts the declarations, however the consumer resolves modules", async () => {
  await using project = await Project.create((folder) => npmInstall(folder, [packed]));
  await project.write("consumer.ts", CONSUMER + reexports());
  for (const module of ["nodenext", "preserve"]) {
    await run(Deno.execPath(), [
      "run",
      "-A",
      `--config=${ROOT}deno.json`,
      `${config.imports.typescript}/tsc`,
      "--noEmit",
      ...STRICTEST,
      "--target",
      "es2023",
      "--lib",
      "es2023,dom,dom.iterable,esnext.disposable",
      "--module",
      module,
      `${project.folder}/consumer.ts`,
    ], project.folder);
  }
});

Deno.test("the package depends on nothing and brings the goer command", async () => {
  await using project = await Project.create((folder) => npmInstall(folder, [packed]));
  const manifest = JSON.parse(
    await Deno.readTextFile(`${project.folder}/node_modules/@goer/goer/package.json`),
  );
  assertEquals([manifest.dependencies, manifest.peerDependencies], [undefined, undefined]);
  assertEquals(manifest.version, config.version);
  const help = await run(`${project.folder}/node_modules/.bin/goer`, ["--help"], project.folder);
  assertEquals(/usage/i.test(help), true, help);
});

Deno.test("the package holds the licence of each library that is in its scripts", async () => {
  const text = await Deno.readTextFile(`${DIST}THIRD_PARTY_LICENSES`);
  const named = new Set(Array.from(text.matchAll(/^# (\S+) [\d.]+: /gm), ([, name]) => name));
  const bundled = new Set<string>();
  for await (const path of scripts(DIST)) {
    const comments = (await Deno.readTextFile(path)).matchAll(/^\/\/ npm:((?:@[^/]+\/)?[^/]+)/gm);
    for (const [, name] of comments) bundled.add(name);
  }
  assertEquals(named, bundled);
  assertEquals(named.has("croner"), true);
});
