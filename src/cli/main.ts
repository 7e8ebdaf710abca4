/**
 * The `goer` command.
 *
 * @module
 */

import { loadApp } from "../app.ts";
import {
  commandArguments,
  currentDirectory,
  exit,
  onSignal,
  writeErrorOutput,
  writeOutput,
} from "../runtime/process.ts";
import { USAGE } from "./usage.ts";

/** Runs the command that the arguments name. */
export async function main(args: string[] = commandArguments()): Promise<void> {
  const [command, app] = args;
  if (command === undefined || command === "help" || command === "--help") {
    writeOutput(USAGE);
    return;
  }
  if (command !== "start" || app === undefined) {
    writeErrorOutput(`goer: cannot run ${args.join(" ")}\n\n${USAGE}`);
    exit(2);
  }
  try {
    await start(app);
  } catch (error) {
    writeErrorOutput(`goer: ${error instanceof Error ? error.message : error}\n`);
    exit(1);
  }
}

async function start(app: string): Promise<void> {
  const base = `file://${currentDirectory()}/`;
  const services = await loadApp(new URL(app, base).href);
  const listening = await Promise.all(services.map((service) => service.listen()));
  for (const { addresses } of listening) writeOutput(`listening on ${addresses.join(", ")}\n`);
  const stop = async (): Promise<void> => {
    await Promise.all(listening.map((service) => service.close()));
    exit(0);
  };
  onSignal("SIGINT", stop);
  onSignal("SIGTERM", stop);
}
