/**
 * Commands and signals to the supervisor, as administrators use them.
 *
 * @module
 */

import { anyShape, type Ground, inWords, reshape, type Step } from "./ground.ts";
import { inOneLine, isLate, type Service } from "./service.ts";
import type { Fault } from "./shape.ts";
import { eventually } from "./waiting.ts";

/** The steps. */
export const ORDERS: readonly Step[] = [
  ...(["reload", "upgrade"] as const).flatMap((command): Step[] => [
    {
      name: command,
      run: ({ service }) => service.perform(command),
    },
    { name: `${command} to another shape`, run: (ground) => changeShape(ground, command) },
  ]),
  {
    name: "restart",
    run: ({ service, ledger }) => ledger.outage(() => service.perform("restart")),
  },
  {
    name: "stop, then start",
    run: ({ service, ledger }) =>
      ledger.outage(async () => {
        await service.perform("stop");
        await service.perform("start");
      }),
  },
  {
    name: "start while it runs",
    run: ({ service }) => expectRefusal(service, "start"),
  },
  { name: "SIGHUP", run: (ground) => signal(ground, "SIGHUP") },
  { name: "SIGUSR2", run: (ground) => signal(ground, "SIGUSR2") },
  { name: "SIGHUP and SIGUSR2 at once", run: (ground) => signal(ground, "SIGHUP", "SIGUSR2") },
  { name: "several commands at once", run: severalCommands },
  { name: "reopen the log", run: reopen },
  ...(["does not load", "dies at its start", "never gets ready"] as const).map((fault): Step => ({
    name: `reload to code that ${fault}`,
    run: (ground) => reloadToFaulty(ground, fault),
  })),
];

async function changeShape(ground: Ground, command: "reload" | "upgrade"): Promise<void> {
  const shape = anyShape(ground.random);
  ground.note(inWords(shape));
  let failure: string | undefined;
  do failure = await reshape(ground, command, shape); while (failure && isLate(failure));
  if (failure !== undefined) throw new Error(`goer ${command} failed: ${failure}`);
}

async function reloadToFaulty({ service }: Ground, fault: Fault): Promise<void> {
  await service.write(service.shape, fault);
  try {
    await expectRefusal(service, "reload");
  } finally {
    await service.write(service.shape);
  }
}

/** The command must fail and change nothing. */
async function expectRefusal(service: Service, command: string): Promise<void> {
  const printed = await service.command(command);
  if (printed.code !== 1) throw new Error(`goer ${command} did not fail: ${inOneLine(printed)}`);
}

/** Signals have no reply, so their effects are counted. */
async function signal({ service, note }: Ground, ...signals: Deno.Signal[]): Promise<void> {
  const { pid, reloads, upgrades } = await service.status();
  const logged = (await service.log()).length;
  for (const signal of signals) Deno.kill(pid, signal);
  await eventually(`what ${signals.join(" and ")} brings about`, async () => {
    if (isLate((await service.log()).slice(logged))) return note("late"), true;
    const status = await service.status();
    return status.reloads >= reloads + signals.length &&
      (!signals.includes("SIGUSR2") || status.upgrades > upgrades);
  });
}

/** They are carried out one after the other. */
async function severalCommands({ service, random, note }: Ground): Promise<void> {
  const names = ["reload", "reload", "upgrade", "status", "connections", "reopen"];
  const commands = random.shuffle(names).slice(0, random.between(2, 4));
  note(commands.join(", "));
  await Promise.all(commands.map((command) => service.perform(command)));
}

/** As logrotate does: otherwise the log would fill the disk. */
async function reopen({ service }: Ground): Promise<void> {
  const rotated = `${service.folder}/rotated.log`;
  await Deno.rename(service.logFile, rotated);
  await service.perform("reopen");
  await Deno.remove(rotated);
}
