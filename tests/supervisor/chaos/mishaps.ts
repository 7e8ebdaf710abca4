/**
 * Disturbances of a service: processes die or stop, files and brokers disappear, the disk fills up.
 *
 * @module
 */

import { REDIS } from "../../cluster/drivers/brokers.ts";
import { isAlive } from "../processes.ts";
import { anyShape, anyWorker, type Ground, inWords, reshape, type Step } from "./ground.ts";
import { inOneLine } from "./service.ts";
import { eventually, pause } from "./waiting.ts";

/** The steps. */
export const MISHAPS: readonly Step[] = [
  {
    name: "SIGKILL a worker",
    run: async (ground) => await ground.ledger.kill(await anyWorker(ground)),
  },
  { name: "SIGKILL all workers", run: killAll },
  { name: "SIGTERM a worker", run: terminate },
  {
    name: "SIGSTOP a worker, then SIGCONT",
    run: async (ground) => await suspend(ground, await anyWorker(ground)),
  },
  {
    name: "SIGSTOP the supervisor, then SIGCONT",
    run: async (ground) => await suspend(ground, (await ground.service.status()).pid),
  },
  { name: "SIGKILL a worker during a reload", run: (ground) => killDuring(ground, "reload") },
  { name: "SIGKILL a worker during an upgrade", run: (ground) => killDuring(ground, "upgrade") },
  { name: "SIGKILL the supervisor, then start", run: killSupervisor },
  { name: "SIGKILL the supervisor during a command", run: killSupervisorDuring },
  { name: "SIGSTOP a worker during a reload", run: suspendDuring },
  { name: "remove the runtime directory during a reload", run: removeDuring },
  { name: "remove the runtime directory", run: (ground) => remove(ground, "") },
  { name: "remove the control socket", run: (ground) => remove(ground, "/control.sock") },
  { name: "remove the pid file", run: (ground) => remove(ground, "/goer.pid") },
  { name: "fill the disk", needs: "disk", run: fillDisk },
  { name: "cut the broker", needs: "broker", run: cutBroker },
];

async function killAll({ service, ledger }: Ground): Promise<void> {
  const { workers } = await service.status();
  await Promise.all(workers.map(({ pid }) => ledger.kill(pid)));
}

/** The worker finishes by itself, and nothing is lost. */
async function terminate(ground: Ground): Promise<void> {
  const pid = await anyWorker(ground);
  Deno.kill(pid, "SIGTERM");
  await eventually(`the end of process ${pid}`, () => !isAlive(pid));
}

async function suspend({ random, note }: Ground, pid: number): Promise<void> {
  const time = random.between(100, 1000);
  note(`${time} ms`);
  Deno.kill(pid, "SIGSTOP");
  await pause(time);
  Deno.kill(pid, "SIGCONT");
}

/** Whether the operation continues depends on the worker and the moment. */
async function killDuring(ground: Ground, command: "reload" | "upgrade"): Promise<void> {
  const { ledger, random } = ground;
  const [shape, delay] = [anyShape(random), random.between(50, 1200)];
  ground.note(`after ${delay} ms, ${inWords(shape)}`);
  const changed = reshape(ground, command, shape);
  await pause(delay);
  await ledger.kill(await anyWorker(ground));
  const failure = await changed;
  if (failure !== undefined) ground.note(failure);
}

async function killSupervisor(ground: Ground): Promise<void> {
  const { pid } = await ground.service.status();
  await ground.ledger.outage(async () => {
    Deno.kill(pid, "SIGKILL");
    await eventually("the end of the supervisor", () => !isAlive(pid));
    await ground.service.perform("start");
  });
}

/** Another process may have taken over: then it is running, and a start is not needed. */
async function killSupervisorDuring({ service, ledger, random, note }: Ground): Promise<void> {
  const [command, delay] = [
    random.pick(["reload", "upgrade", "restart"]),
    random.between(50, 3000),
  ];
  note(`${command}, after ${delay} ms`);
  await ledger.outage(async () => {
    const commanded = service.command(command);
    await pause(delay);
    const pid = await service.supervisor();
    if (isAlive(pid)) Deno.kill(pid, "SIGKILL");
    note(inOneLine(await commanded));
    if ((await service.command("status")).code !== 0) await service.perform("start");
  });
}

async function suspendDuring(ground: Ground): Promise<void> {
  const reloaded = ground.service.perform("reload");
  await pause(ground.random.between(50, 2000));
  await suspend(ground, await anyWorker(ground));
  await reloaded;
}

/** The command may find no supervisor. */
async function removeDuring(ground: Ground): Promise<void> {
  const { service, random, note } = ground;
  const delay = random.between(50, 2000);
  note(`after ${delay} ms`);
  const commanded = service.command("reload");
  await pause(delay);
  await remove(ground, "");
  note(inOneLine(await commanded));
}

async function remove({ service }: Ground, name: string): Promise<void> {
  await Deno.remove(service.directory + name, { recursive: true });
}

/** What needs disk space may fail meanwhile, but nothing may stop serving. */
async function fillDisk(ground: Ground): Promise<void> {
  const { service, ledger, random } = ground;
  const what = random.pick([
    "reload",
    "upgrade",
    "reopen",
    "restart",
    "status",
    "SIGKILL a worker",
  ]);
  ground.note(what);
  await service.disk!.fill();
  try {
    if (what === "SIGKILL a worker") await ledger.kill(await anyWorker(ground));
    else if (what === "restart") await ledger.outage(() => tryCommand(ground, what));
    else await tryCommand(ground, what);
  } finally {
    await service.disk!.free();
  }
}

async function tryCommand({ service, note }: Ground, command: string): Promise<void> {
  const printed = await service.command(command);
  if (printed.code !== 0) note(inOneLine(printed));
}

async function cutBroker(ground: Ground): Promise<void> {
  const { port } = ground.broker!;
  await ground.broker!.kill();
  const what = ground.random.pick(["nothing", "reload", "SIGKILL a worker"]);
  ground.note(what);
  if (what === "reload") await ground.service.perform("reload");
  else if (what !== "nothing") await ground.ledger.kill(await anyWorker(ground));
  ground.broker = await REDIS.start({ port });
}
