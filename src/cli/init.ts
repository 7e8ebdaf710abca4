/**
 * `goer init`: creates a small project.
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
import { runtime } from "../runtime/mod.ts";
import { ownProgram } from "../runtime/program/own_program.ts";
import { writeOutput } from "../runtime/process/output.ts";
import { VERSION } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import type { Program } from "./program.ts";
import { EXIT_CODES } from "./usage.ts";

/** What differs between the projects of runtimes. */
interface Kind {
  /** The app's file. */
  app: string;
  /** The project's configuration file. */
  config: string;
  /** Its content. */
  settings: object;
  /** Installs dependencies; empty if nothing needs to be installed. */
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
      `Cannot create a project in "${folder}": it already has ${
        taken.join(", ")
      }. Choose another folder`,
    );
  }
  try {
    createDirectory(folder, 0o777);
    for (const [name, text] of Object.entries(files)) {
      createText(joinPath(folder, name), text, 0o666);
    }
  } catch (cause) {
    const { message } = cause as Error;
    const text = `Cannot create a project in "${folder}": ${message}`;
    throw new GoerError("GOER_INVALID_ARGUMENT", text, { cause });
  }
  const names = Object.keys(files).join(", ");
  writeOutput(`Created ${names} in ${folder}\n\nNow run:\n\n${steps(kind, operand)}`);
  return EXIT_CODES.done;
}

function kindOf({ scripts }: Program): Kind {
  const app = ownProgram.readsTypeScript ? "app.ts" : "app.js";
  if (scripts === undefined && runtime.name === "deno") return denoKind(app);
  // The executable has its own copy of Goer; the package is for editors.
  const [install, command] = scripts === undefined ? packageCommands() : ["", "goer"];
  const settings = {
    type: "module",
    private: true,
    scripts: { start: `${command} start ${app}` },
    dependencies: { "@goer/goer": `^${VERSION}` },
  };
  return { app, config: "package.json", settings, install, command };
}

/** Without `--bun`, Bun would run the command with Node. */
function packageCommands(): [install: string, command: string] {
  return runtime.name === "bun"
    ? ["bun install", "bun x --bun @goer/goer"]
    : ["npm install", "npx @goer/goer"];
}

function denoKind(app: string): Kind {
  // The sources can be newer than the version on JSR, so a clone uses its own command.
  const module = commandModule();
  const cli = module.endsWith(".ts") && fileExists(module)
    ? quoted(module)
    : `jsr:@goer/goer@^${VERSION}/cli`;
  const command = `deno run -A ${cli}`;
  const settings = {
    imports: { "@goer/goer": `jsr:@goer/goer@^${VERSION}` },
    tasks: { start: `${command} start ${app}` },
    // For UDP and for ports that workers share.
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
  return `# A Goer service

Start the service in this folder:

\`\`\`sh
${steps(kind, ".").replaceAll(/^ {2}/gm, "")}\`\`\`

Connect from another terminal with \`nc 127.0.0.1 8080\`. The service is one file, \`${app}\`.
Change it, then reload it without losing a connection:

\`\`\`sh
${command} reload ${app}
\`\`\`

| Command | What it does |
| --- | --- |
| \`${command} start -d ${app}\` | Starts the service in the background |
| \`${command} status ${app}\` | Shows services and workers |
| \`${command} stop ${app}\` | Stops the service when its connections have finished |
| \`${command} help\` | Shows all commands |
`;
}
