/**
 * The licences of the libraries that are bundled into the npm package and executables.
 *
 * @module
 */

/** The bundler's name of a library file: `// ../<cache>/npm/<host>/<package>/<version>/<file>`. */
const LIBRARY = /^\/\/ (\.\.\/.*?\/npm\/[^/]+\/(?:@[^/]+\/)?[^/]+\/[^/]+\/)/gm;

/** The folders of the libraries in a bundled script. */
export function librariesOf(script: string): string[] {
  return Array.from(script.matchAll(LIBRARY), ([, folder]) => folder);
}

/** The used part of a library's `package.json`. */
interface Manifest {
  name: string;
  version: string;
  license: string;
  repository?: string | { url: string };
}

/** Lists each library with its licence, sorted by name. */
export async function licenses(folders: Iterable<string>): Promise<string> {
  const sections = await Promise.all(Array.from(new Set(folders), license));
  return sections.sort().join("\n");
}

async function license(folder: string): Promise<string> {
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${folder}package.json`));
  const { name, version, license, repository } = manifest;
  const text = await Deno.readTextFile(`${folder}LICENSE`).catch(() => {
    const place = typeof repository === "string" ? repository : repository?.url;
    return `The package holds no text of its licence. Its source: ${place}`;
  });
  // Some have Windows line ends, and a carriage return is escaped on a terminal.
  const lines = text.trim().replaceAll("\r\n", "\n");
  return `# ${name} ${version}: ${license}\n\n${lines}\n`;
}
