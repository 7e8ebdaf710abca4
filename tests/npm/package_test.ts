import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import publishing from "../../publish.json" with { type: "json" };
import { DIST, REPOSITORY, scripts } from "../../npm/build.ts";
import { LAYOUT } from "../../npm/dnt.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { findBun, npmInstall, ROOT } from "../tools.ts";
import { pack, packed, Project, run } from "./project.ts";

/** An application, whose types are checked. It is not run. */
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

/** Where dnt comes from. */
const JSR = Deno.env.get("JSR_URL") ?? "https://jsr.io/";

/** The strictest options of a consumer: the declarations themselves are checked, too. */
const STRICTEST = [
  "--strict",
  "--exactOptionalPropertyTypes",
  "--skipLibCheck",
  "false",
];

/** Uses every export of the package, so that the declarations of each are checked. */
function reexports(): string {
  return Object.keys(config.exports)
    .filter((name) => name !== "./node") // Its types are those of Node: see the test below.
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

/** What {@linkcode listing} must print: the exports of the sources. */
async function exported(): Promise<Record<string, string[]>> {
  const entries = Object.entries(config.exports).map(async ([name, path]) => {
    return [config.name + name.slice(1), Object.keys(await import(`../../${path}`)).sort()];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** A package to test. */
interface Package {
  by: string;
  /** Its archive; `undefined` if it cannot be built. */
  archive: string | undefined;
  /** Why it cannot be built. */
  missing?: string;
  /** The expected dependencies. */
  dependencies?: Record<string, string>;
}

const PACKAGES: Package[] = [
  { by: "deno bundle", archive: packed },
  {
    by: "dnt",
    archive: await answers(JSR) ? await pack(await builtByDnt()) : undefined,
    missing: "JSR cannot be reached",
    dependencies: libraries(),
  },
];

/** Builds with dnt, and returns the folder. */
async function builtByDnt(): Promise<string> {
  await run(Deno.execPath(), config.tasks["npm:dnt"].split(" ").slice(1), ROOT);
  return LAYOUT.folder;
}

/** True if a registry can be reached. */
async function answers(url: string): Promise<boolean> {
  const options = { signal: AbortSignal.timeout(5_000) };
  const response = await fetch(url, options).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}

/** The libraries of the published code, with the versions that `deno.json` maps them to. */
function libraries(): Record<string, string> {
  const forTests = ["@std/assert", "@std/yaml"];
  const targets = Object.keys(publishing.imports).filter((name) => !forTests.includes(name))
    .map((name) => /^npm:(.+)@([\d.]+)/.exec(Reflect.get(config.imports, name))!);
  return Object.fromEntries(targets.map(([, name, version]) => [name, version]));
}

/** Registers one test for each package. */
function testPackages(
  name: string,
  body: (archive: string, built: Package) => Promise<void>,
  missing?: string,
): void {
  for (const built of PACKAGES) {
    const { by, archive } = built;
    const reason = archive === undefined ? built.missing : missing;
    const skipped = reason === undefined ? "" : ` (skipped: ${reason})`;
    Deno.test({
      name: `the package by ${by} ${name}${skipped}`,
      ignore: reason !== undefined,
      fn: () => body(archive!, built),
    });
  }
}

testPackages("installs with npm, and every export exists on each runtime", async (archive) => {
  await using project = await Project.installed(archive);
  await project.write("list.mjs", listing());
  for (const { name, path } of RUNTIMES.filter(({ name }) => name !== "deno")) {
    const found = JSON.parse(await run(path, ["list.mjs"], project.folder));
    assertEquals(found, await exported(), name);
  }
});

const bun = await findBun();

testPackages("installs with Bun", async (archive) => {
  await using project = await Project.create((folder) => run(bun!, ["add", archive], folder));
  await project.write("list.mjs", listing());
  assertEquals(JSON.parse(await run(bun!, ["list.mjs"], project.folder)), await exported());
}, bun === undefined ? "there is no bun" : undefined);

testPackages(
  "has declarations that TypeScript accepts, in every kind of resolution",
  async (archive) => {
    await using project = await Project.installed(archive);
    await project.write("consumer.ts", CONSUMER + reexports());
    for (const module of ["nodenext", "preserve"]) await compile(project, module);
  },
);

testPackages("has declarations of /node that fit those of @types/node", async (archive) => {
  await using project = await Project.create((folder) => {
    return npmInstall(folder, [archive, "@types/node@20.9.5"]);
  });
  await project.write(
    "consumer.ts",
    `import type { Duplex } from "node:stream";
    import { Goer } from "@goer/goer";
    import { toDuplex } from "@goer/goer/node";
    new Goer("tcp://:0").onConnect = (connection) => {
      const socket: Duplex = toDuplex(connection);
      socket.end();
    };`,
  );
  await compile(project, "nodenext", "--skipLibCheck", "true");
});

/** Compiles `consumer.ts` of a project. */
async function compile(project: Project, module: string, ...words: string[]): Promise<void> {
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
    ...words,
    `${project.folder}/consumer.ts`,
  ], project.folder);
}

testPackages("contains the goer command, which starts an app", async (archive) => {
  await using project = await Project.installed(archive);
  await project.write(
    "app.mjs",
    `export default { listen: "text://127.0.0.1:0", onMessage() {} };`,
  );
  const goer = (...words: string[]) =>
    run(`${project.folder}/node_modules/.bin/goer`, words, project.folder);
  assertStringIncludes(await goer("--help"), "Usage");
  const app = ["app.mjs", `--runtime-dir=${project.folder}/run`];
  await goer("start", ...app, "-d");
  assertStringIncludes(await goer("stop", ...app), "stopped");
});

testPackages("has a repository and links that npm can follow", async (archive) => {
  await using project = await Project.installed(archive);
  const folder = `${project.folder}/node_modules/@goer/goer`;
  const manifest = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  assertEquals(manifest.repository.url, `git+${REPOSITORY}.git`);
  assertEquals(manifest.bugs, `${REPOSITORY}/issues`);
  for (const field of ["author", "description", "engines", "homepage", "keywords", "license"]) {
    assertEquals(field in manifest, true, field);
  }
  const readme = await Deno.readTextFile(`${folder}/README.md`);
  const links = Array.from(readme.matchAll(/\]\(([^)]+)\)/g), ([, link]) => link);
  assertEquals(links.filter((link) => !/^(https:\/\/|#)/.test(link)), []);
  assertEquals(links.includes(`${REPOSITORY}/blob/main/docs/guide.md`), true);
});

testPackages("runs with npx without installation", async (archive) => {
  await using project = await Project.create(() => Promise.resolve());
  const help = await run("npx", ["-y", `file:${archive}`, "--help"], project.folder);
  assertStringIncludes(help, "Usage: goer <command>");
});

testPackages(
  "has its licence, and the declared dependencies",
  async (archive, { dependencies }) => {
    await using project = await Project.installed(archive);
    const folder = `${project.folder}/node_modules/@goer/goer`;
    const manifest = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
    assertEquals(manifest.version, config.version);
    assertEquals([manifest.dependencies, manifest.peerDependencies], [dependencies, undefined]);
    assertEquals(
      await Deno.readTextFile(`${folder}/LICENSE`),
      await Deno.readTextFile(`${ROOT}LICENSE`),
    );
  },
);

Deno.test("the package by deno bundle contains the licence of each library in its scripts", async () => {
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
