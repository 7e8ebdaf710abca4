/**
 * The licences of the libraries that are bundled into the npm package, and so into executables.
 *
 * @module
 */

/** How the bundler names a library's file: `// ../<cache>/npm/<host>/<package>/<version>/<file>`. */
const LIBRARY = /^\/\/ (\.\.\/.*?\/npm\/[^/]+\/(?:@[^/]+\/)?[^/]+\/[^/]+\/)/gm;

/** The folders of the libraries that a bundled script is made of. */
export function librariesOf(script: string): string[] {
  return Array.from(script.matchAll(LIBRARY), ([, folder]) => folder);
}

/** What a library's `package.json` says. */
interface Manifest {
  name: string;
  version: string;
  license: string;
  repository?: string | { url: string };
}

/** Names each library with its licence, in the order of their names. */
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
  // Some are written with line ends of Windows, and a carriage return is escaped on a terminal.
  const lines = text.trim().replaceAll("\r\n", "\n");
  return `# ${name} ${version}: ${license}\n\n${lines}\n`;
}
