/**
 * `goer init`: a small project that starts at once.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import {
  createDirectory,
  createText,
  fileExists,
  joinPath,
  resolvePath,
} from "../runtime/files/file_system.ts";
import { commandModule } from "../runtime/program/launch.ts";
import { readsTypeScript } from "../runtime/program/external_runtimes.ts";
import { runtime } from "../runtime/mod.ts";
import { writeOutput } from "../runtime/process/process.ts";
import { VERSION } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import type { Program } from "./program.ts";
import { EXIT_CODES } from "./usage.ts";

/** How projects for a runtime differ. */
interface Kind {
  /** The app's file. */
  app: string;
  /** The file that says what the project is made of. */
  config: string;
  /** Its content. */
  settings: object;
  /** What comes before the first start; empty where nothing does. */
  install: string;
  /** The `goer` command. */
  command: string;
}

/** The app. */
const APP = `import { Goer } from "@goer/goer";

const goer = new Goer("text://127.0.0.1:8080", { workers: 2 });

goer.onConnect = (connection) => void connection.send("Hello! Say something.");
goer.onMessage = (connection, line) => void connection.send(\`You said: \${line}\`);

export default goer;
`;

/** Writes the project. */
export function init({ operand = "." }: Arguments, program: Program): number {
  const folder = resolvePath(operand);
  const kind = kindOf(program);
  const files: Record<string, string> = {
    [kind.app]: APP,
    [kind.config]: JSON.stringify(kind.settings, undefined, 2) + "\n",
    "README.md": readme(kind),
    ".gitignore": "node_modules/\n*.log\n",
  };
  const taken = Object.keys(files).filter((name) => fileExists(joinPath(folder, name)));
  if (taken.length > 0) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot write a project to ${folder}: it has ${taken.join(", ")} already`,
    );
  }
  createDirectory(folder, 0o777);
  for (const [name, text] of Object.entries(files)) createText(joinPath(folder, name), text, 0o666);
  const names = Object.keys(files).join(", ");
  writeOutput(`${folder}: ${names}\n\n${steps(kind, operand)}`);
  return EXIT_CODES.done;
}

function kindOf({ scripts }: Program): Kind {
  const app = readsTypeScript() ? "app.ts" : "app.js";
  if (scripts === undefined && runtime.name === "deno") return denoKind(app);
  // The executable answers the app's imports itself; the package is what editors look at.
  const [install, command] = scripts === undefined ? packageCommands() : ["", "goer"];
  const settings = {
    type: "module",
    private: true,
    scripts: { start: `${command} start ${app}` },
    dependencies: { "@goer/goer": `^${VERSION}` },
  };
  return { app, config: "package.json", settings, install, command };
}

/** What installs the package, and what runs its command: without `--bun`, Bun would run it by Node. */
function packageCommands(): [install: string, command: string] {
  return runtime.name === "bun"
    ? ["bun install", "bun x --bun @goer/goer"]
    : ["npm install", "npx @goer/goer"];
}

function denoKind(app: string): Kind {
  // The sources may be ahead of what is on JSR: a clone's own command serves.
  const module = commandModule();
  const cli = module.endsWith(".ts") && fileExists(module)
    ? quoted(module)
    : `jsr:@goer/goer@^${VERSION}/cli`;
  const command = `deno run -A ${cli}`;
  const settings = {
    imports: { "@goer/goer": `jsr:@goer/goer@^${VERSION}` },
    tasks: { start: `${command} start ${app}` },
    // Datagrams, and ports that workers share.
    unstable: ["net"],
  };
  return { app, config: "deno.json", settings, install: "", command };
}

function steps({ app, install, command }: Kind, folder: string): string {
  const lines = [
    folder === "." ? "" : `cd ${quoted(folder.replace(/^-/, "./-"))}`,
    install,
    `${command} start ${app}`,
  ];
  return lines.filter(Boolean).map((line) => `  ${line}\n`).join("");
}

/** A word as a shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function readme(kind: Kind): string {
  const { app, command } = kind;
  return `# A service on Goer

Start it in this folder:

\`\`\`sh
${steps(kind, ".").replaceAll(/^ {2}/gm, "")}\`\`\`

Talk to it from another terminal, with \`nc 127.0.0.1 8080\`. The service is one file, \`${app}\`.
Change it, then load the change without losing a connection:

\`\`\`sh
${command} reload ${app}
\`\`\`

| Command | What it does |
| --- | --- |
| \`${command} start -d ${app}\` | starts it as a daemon |
| \`${command} status ${app}\` | shows what its workers do |
| \`${command} stop ${app}\` | finishes with all connections, then ends |
| \`${command} help\` | shows all commands |
`;
}
