// Runs scenarios in the process of an app, for the tests of outgoing connections: each line that its
// control service receives is the name of a scenario, and is answered with what the scenario has seen.

import process from "node:process";
import { Goer, type GoerError } from "../../mod.ts";

/** What happened, in order. */
export type Log = (string | number | boolean)[];

/** What a scenario does with a new backend. */
export type Scenarios<Backend> = Record<string, (backend: Backend, log: Log) => Promise<void>>;

/** Resolves when `seen` is true. */
export async function until(seen: () => boolean): Promise<void> {
  while (!seen()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The code of the error that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    const { code, name } = error as GoerError;
    return typeof code === "string" ? code : name;
  }
}

/** Serves scenarios, each with a backend from `start`, and prints the address. */
export async function serveScenarios<Backend>(
  scenarios: Scenarios<Backend>,
  start: () => Promise<Backend>,
  stop: (backend: Backend) => Promise<void>,
): Promise<void> {
  const control = new Goer("text://127.0.0.1:0");
  control.onMessage = async (connection, name) => {
    const log: Log = [];
    const backend = await start();
    try {
      await scenarios[name](backend, log);
    } catch (error) {
      log.push(String((error as Error).stack));
    }
    await stop(backend);
    connection.send(JSON.stringify(log));
  };
  const service = await control.listen();
  process.on("SIGTERM", () => service.close());
  console.log(JSON.stringify(service.address));
}
