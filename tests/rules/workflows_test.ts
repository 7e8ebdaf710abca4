import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import config from "../../deno.json" with { type: "json" };
import { ROOT, VERSIONS } from "../tools.ts";
import { files, read } from "./sources.ts";

/** A step of a job, as far as these rules need it. */
interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

/** A workflow, as far as these rules need it. */
interface Workflow {
  on?: unknown;
  permissions?: Record<string, string>;
  jobs: Record<string, { "timeout-minutes"?: number; steps: Step[] }>;
}

/** Every YAML file below `.github`, parsed; one that does not parse throws. */
const parsed = new Map(
  await Promise.all(
    (await files(".yml")).filter((path) => path.startsWith(".github/")).map(async (path) =>
      [path, parse(await read(path))] as const
    ),
  ),
);

const workflows = [...parsed].filter(([path]) => path.startsWith(".github/workflows/"))
  .map(([path, content]) => [path, content as Workflow] as const);

/** Every step of every workflow, with the path of its file. */
const steps = workflows.flatMap(([path, { jobs }]) =>
  Object.values(jobs).flatMap((job) => job.steps.map((step) => [path, step] as const))
);

Deno.test("every workflow and form on GitHub is a YAML mapping", () => {
  const odd = [...parsed].filter(([, content]) => typeof content !== "object" || content === null);
  assertEquals(odd, []);
  assertEquals(workflows.length > 0, true);
});

Deno.test("every issue form has a name, a description and fields with an id and a label", () => {
  for (const [path, content] of parsed) {
    if (!path.startsWith(".github/ISSUE_TEMPLATE/") || path.endsWith("/config.yml")) continue;
    const { name, description, body } = content as Record<string, unknown>;
    assertEquals([typeof name, typeof description], ["string", "string"], path);
    for (const field of body as { id?: string; attributes?: { label?: string } }[]) {
      assertEquals([typeof field.id, typeof field.attributes?.label], ["string", "string"], path);
    }
  }
});

Deno.test("every action of a workflow is pinned to a major version or a commit", () => {
  const loose = steps.filter(([, { uses }]) =>
    uses !== undefined && !/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(uses)
  );
  assertEquals(loose, []);
});

Deno.test("every task that a workflow or a page mentions is in deno.json", async () => {
  const texts = await Promise.all(
    (await files(".md", ".yml", "run")).map(async (path) => [path, await read(path)]),
  );
  const missing: string[] = [];
  for (const [path, text] of texts) {
    for (const [, task] of text.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z:-]+)/g)) {
      if (!(task in config.tasks)) missing.push(`${path}: deno task ${task}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("every file that a task mentions exists", async () => {
  const missing: string[] = [];
  for (const [task, command] of Object.entries(config.tasks)) {
    for (const [path] of command.matchAll(/(?<= )(tests|npm|bench|protocols)\/[\w./]+/g)) {
      const there = await Deno.stat(ROOT + path).then(() => true, () => false);
      if (!there) missing.push(`${task}: ${path}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("workflows have only read access, unless a job needs more", () => {
  for (const [path, { permissions }] of workflows) {
    assertEquals(permissions, { contents: "read" }, path);
  }
});

Deno.test("every job of a workflow has a time limit", () => {
  const endless = workflows.flatMap(([path, { jobs }]) =>
    Object.entries(jobs).filter(([, job]) => job["timeout-minutes"] === undefined)
      .map(([name]) => `${path}: ${name}`)
  );
  assertEquals(endless, []);
});

Deno.test("workflows use the versions of Deno and Bun that the tests use", () => {
  for (const [path, { uses = "", with: inputs = {} }] of steps) {
    if (uses.includes("setup-deno")) assertEquals(inputs["deno-version"], VERSIONS.deno, path);
    if (uses.includes("setup-bun")) assertEquals(inputs["bun-version"], VERSIONS.bun, path);
  }
});
