import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import publishing from "../../publish.json" with { type: "json" };
import { VERSIONS } from "../tools.ts";
import { files, importsOf, parse, read } from "./sources.ts";

/** Text that must not be in a file of the repository: a registry's host, a path of one machine. */
const PRIVATE = new RegExp(
  ["registry\\.npm" + "js", "jsr" + "\\.io/@", "/ro" + "ot/", "/ho" + "me/\\w", "/wo" + "rk/"]
    .join("|"),
);

/** The kinds of text files. */
const TEXT = [".ts", ".md", ".json", ".yml", ".toml", ".mjs", ".js", ".lua", ".service", "run"];

Deno.test("no file contains the host of a registry or a path of one machine", async () => {
  const violations: string[] = [];
  for (const path of await files(...TEXT)) {
    const lines = (await read(path)).split("\n");
    for (const [index, line] of lines.entries()) {
      if (PRIVATE.test(line)) violations.push(`${path}:${index + 1}: ${line.trim()}`);
    }
  }
  assertEquals(violations, []);
});

Deno.test("no file runs npx or bunx with the plain name goer, which is another package", async () => {
  const violations: string[] = [];
  for (const path of await files(...TEXT)) {
    const found = (await read(path)).match(/\b(npx|bunx|bun x)( -\S+)* goer\b.*/g) ?? [];
    // With `--package`, the name is a command's.
    violations.push(...found.filter((line) => !line.includes("--package")));
  }
  assertEquals(violations, []);
});

Deno.test("every dependency has one exact version", () => {
  const loose = Object.entries(config.imports).filter(([, target]) =>
    !/^npm:(@[\w-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/|$)/.test(target)
  );
  assertEquals(loose, []);
  assertEquals(config.imports.typescript, `npm:typescript@${VERSIONS.typescript}`);
});

Deno.test("publishing maps each @std name to the package of that name", () => {
  const used = Object.keys(config.imports).filter((name) => name.startsWith("@std/"));
  const mapped = Object.entries(publishing.imports).filter(([name]) => name.startsWith("@std/"));
  assertEquals(mapped.map(([name]) => name).sort(), used.sort());
  for (const [name, target] of mapped) {
    const [, packageName, subpath] = /^(@std\/[\w-]+)(.*)$/.exec(name)!;
    assertEquals(
      new RegExp(`^jsr:${packageName}@\\^\\d+\\.\\d+\\.\\d+${subpath}$`).test(target),
      true,
      `${name} is published as ${target}`,
    );
  }
});

Deno.test("publishing maps every other library as deno.json does", async () => {
  const names = new Set<string>();
  for (const path of await files(".ts")) {
    if (!/^(src|protocols)\/|^(mod|cli)\.ts$/.test(path)) continue;
    for (const { module } of importsOf(await parse(path))) {
      if (module in config.imports && !module.startsWith("@std/")) names.add(module);
    }
  }
  const others = Object.entries(publishing.imports).filter(([name]) => !name.startsWith("@std/"));
  assertEquals(
    others.sort(),
    [...names].sort().map((name) => [name, Reflect.get(config.imports, name)]),
  );
});

Deno.test("pages import Goer by name, as an app does", async () => {
  const others: string[] = [];
  for (const path of await files(".md")) {
    const lines = (await read(path)).split("\n").filter((line) => /from "\.\.\//.test(line));
    others.push(...lines.map((line) => `${path}: ${line}`));
  }
  assertEquals(others, []);
});

Deno.test("deno task docs documents every export", () => {
  const paths = config.tasks.docs.match(/\S+\.ts/g)!.map((path) => `./${path}`);
  assertEquals(paths.sort(), Object.values(config.exports).sort());
});

Deno.test("source files import libraries only through the import map", async () => {
  const direct: string[] = [];
  for (const path of await files(".ts")) {
    for (const { module } of importsOf(await parse(path))) {
      if (/^(npm|jsr|https?):/.test(module)) direct.push(`${path}: ${module}`);
    }
  }
  assertEquals(direct, []);
});
