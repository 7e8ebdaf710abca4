/**
 * `goer list`: the apps that this user runs.
 *
 * @module
 */

import { isRunning, readRecord } from "../runtime/files/claim.ts";
import { foldersIn } from "../runtime/files/file_system.ts";
import { writeErrorOutput, writeOutput } from "../runtime/process/output.ts";
import { outputColumns } from "../runtime/process/terminal.ts";
import {
  baseDirectory,
  checkDirectory,
  runtimeDirectory,
} from "../supervisor/directory/runtime_directory.ts";
import { serviceUrl } from "../supervisor/output/banner.ts";
import type { StatusReport } from "../supervisor/workers/status.ts";
import type { Arguments } from "./arguments.ts";
import { inquireStatus } from "./control.ts";
import { table } from "./table.ts";
import { duration } from "./tables.ts";
import { EXIT_CODES } from "./usage.ts";

/** A running app. */
export interface ListedApp {
  /** The name of its runtime directory. */
  name: string;
  pid: number;
  /** Undefined if its supervisor does not answer. */
  status?: StatusReport;
}

/** `goer list` */
export async function list(read: Arguments): Promise<number> {
  const found = await Promise.all(foldersIn(baseDirectory()).map((name) => lookAt(name, read)));
  const apps = found.filter((app) => app !== undefined);
  if (read.json) writeOutput(JSON.stringify(apps.map(summary)) + "\n");
  else if (apps.length === 0) writeOutput(`No app runs in ${baseDirectory()}\n`);
  else writeOutput(listText(apps, outputColumns()));
  return EXIT_CODES.done;
}

async function lookAt(name: string, read: Arguments): Promise<ListedApp | undefined> {
  const directory = runtimeDirectory(name);
  try {
    checkDirectory(directory);
    const record = readRecord(directory.pidFile);
    if (record === undefined || !isRunning(record)) return undefined;
    const status = await inquireStatus(directory, read).catch(() => undefined);
    return { name, pid: record.pid, status };
  } catch (error) {
    writeErrorOutput(`goer: ${(error as Error).message}\n`);
    return undefined;
  }
}

function summary({ name, pid, status }: ListedApp): object {
  const { app, phase, uptime, services, logFile } = status ?? {};
  return { name, pid, app, phase: phase ?? "no answer", uptime, services, logFile };
}

/** The table of apps, in lines of at most `width` columns. */
export function listText(apps: readonly ListedApp[], width: number): string {
  return table<ListedApp>(
    [
      { title: "APP", cell: ({ status, name }) => status?.app ?? name },
      { title: "PID", cell: ({ pid }) => pid },
      { title: "STATE", rank: 1, cell: ({ status }) => status?.phase ?? "no answer" },
      {
        title: "UPTIME",
        rank: 3,
        right: true,
        cell: ({ status }) => status ? duration(status.uptime) : "-",
      },
      { title: "WORKERS", rank: 2, cell: ({ status }) => status?.workers.length ?? "-" },
      { title: "ADDRESSES", cell: ({ status }) => status ? addressesOf(status) : "-" },
    ],
    apps,
    width,
  );
}

function addressesOf({ services }: StatusReport): string {
  return services.map(({ address, protocol }) => serviceUrl(address, protocol)).join(" ");
}
