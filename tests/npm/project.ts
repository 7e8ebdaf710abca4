/**
 * The npm package, packed for publication, and empty projects with the package installed.
 *
 * @module
 */

import { buildIfStale, DIST } from "../../npm/build.ts";
import { npmInstall } from "../tools.ts";

await buildIfStale({ types: true });

/** The path of the packed package. */
export const packed: string = await pack(DIST);

/** The manifest of a new project. */
const MANIFEST = `{ "type": "module" }`;

/** Folders in which npm has installed packages, by their archives. */
const installations = new Map<string, Promise<string>>();

/** Packs a built package and returns the path of the archive. */
export async function pack(dist: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "goer-pack" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const output = await run(
    "npm",
    ["pack", "--silent", `--pack-destination=${folder}`, dist],
    folder,
  );
  return `${folder}/${output.trim().split("\n").at(-1)}`;
}

/** Runs a command and returns its output; throws with all of it if the command fails. */
export async function run(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const options = { args, cwd, env, stdin: "null" } as const;
  const { success, stdout, stderr } = await new Deno.Command(command, options).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${errors}${output}`);
  return output;
}

/** A folder in which npm has installed a package, once. */
function installation(archive: string): Promise<string> {
  const made = installations.get(archive) ?? install(archive);
  installations.set(archive, made);
  return made;
}

async function install(archive: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "goer-installed" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await Deno.writeTextFile(`${folder}/package.json`, MANIFEST);
  await npmInstall(folder, [archive]);
  return folder;
}

/** An empty project with the package installed. */
export class Project implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(install: (folder: string) => Promise<unknown>): Promise<Project> {
    const folder = await Deno.makeTempDir({ prefix: "goer-project" });
    await Deno.writeTextFile(`${folder}/package.json`, MANIFEST);
    await install(folder);
    return new Project(folder);
  }

  /** A project with a copy of what npm has installed. */
  static async installed(archive: string): Promise<Project> {
    const installed = await installation(archive);
    return await Project.create(async (folder) => {
      await run("cp", ["-a", `${installed}/.`, folder], folder);
    });
  }

  async write(file: string, content: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${file}`, content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
