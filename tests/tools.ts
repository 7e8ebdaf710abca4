/**
 * The exact versions of the tools that tests, benchmarks and the build use, besides Deno, and how
 * to find or download them from npm. dnt comes from JSR.
 *
 * @module
 */

/** Exact versions, from npm. */
export const VERSIONS = {
  bun: "1.4.5",
  deno: "2.9.6",
  dnt: "0.42.3",
  node22: "22.23.3",
  node24: "24.21.0",
  typescript: "5.9.3",
} as const;

/** The root of the repository, with a slash at its end. */
export const ROOT: string = decodeURIComponent(new URL("../", import.meta.url).pathname)
  .replace(/^\/(?=[A-Z]:)/, ""); // On Windows, a drive comes first.

/** The folder of downloaded tools, which is not under version control. */
const TOOLS = `${ROOT}.goer/tools/`;

/** The path of an executable file, or `undefined` if it does not exist. */
async function executable(path: string): Promise<string | undefined> {
  const info = await Deno.stat(path).catch(() => undefined);
  return info?.isFile ? path : undefined;
}

/** Finds a command on PATH. */
export async function which(command: string): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const folder of folders) {
    const found = await executable(`${folder}/${command}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bun: the downloaded one, or the one on PATH; `undefined` if there is neither. */
export async function findBun(): Promise<string | undefined> {
  return await executable(`${TOOLS}node_modules/bun/bin/bun.exe`) ?? await which("bun");
}

/** Finds Bun, or downloads the pinned version from npm into `.goer/tools`. */
export async function installBun(): Promise<string | undefined> {
  const found = await findBun();
  if (found !== undefined) return found;
  await npmInstall(TOOLS, [`bun@${VERSIONS.bun}`]);
  return await findBun();
}

/** Finds a Node of another version than the one on PATH, or downloads it from npm. */
export async function installNode(version: string): Promise<string | undefined> {
  const folder = `${TOOLS}node-${version}/`;
  const path = `${folder}node_modules/node/bin/node`;
  if (await executable(path) === undefined) await npmInstall(folder, [`node@${version}`]);
  return await executable(path);
}

/** Installs npm packages into `folder`; throws with npm's output if that fails. */
export async function npmInstall(folder: string, packages: string[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const { success, stderr } = await new Deno.Command("npm", {
    args: [
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "--prefix",
      folder,
      ...packages,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot install ${packages.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}
