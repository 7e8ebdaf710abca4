/**
 * What must be true some time after every step.
 *
 * @module
 */

import type { StatusReport } from "../../../src/supervisor/workers/status.ts";
import { openDescriptors } from "../open_descriptors.ts";
import { isAlive } from "../processes.ts";
import { Client, type Target } from "./client.ts";
import { familyOf, type Service } from "./service.ts";
import { eventually, pause } from "./waiting.ts";

/** How long a service may take to settle after a step, in ms: longer than a pause after deaths. */
const REST_TIMEOUT = 120_000;

/** How many connections to each address are made after a step. */
const CONNECTIONS = 8;

/** The required and the optional files of the runtime directory. */
const FILES = ["control.sock", "goer.pid"];
const MORE_FILES = ["goer.log"];

/** How many additional descriptors are attributed to chance. */
const LEEWAY = 2;

/** Lines that a log contains only if something is wrong. */
const WRONG =
  /does not respond and is killed|invalid message from|uncaught|TypeError|ReferenceError|panicked/i;

/** Checks whether a service is in the expected state. */
export class Invariants {
  readonly #service: Service;
  /** The descriptors of the supervisor when a state was first seen. */
  readonly #descriptors = new Map<string, string[]>();
  /** The part of the log before this has been checked. */
  #logged = new Set<string>();

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * Waits until all conditions are true; throws the one that is not. Returns the report of
   * `status`.
   *
   * @param drained True to wait for draining workers, too.
   */
  async hold(drained: boolean): Promise<StatusReport> {
    const status = await this.#atRest(drained);
    await this.#allAnswer(status);
    await this.#groupsWork();
    const wrong = await this.#wrongInLog();
    if (wrong.length > 0) throw new Error(`the log says:\n${wrong.join("\n")}`);
    return status;
  }

  /** Waits until nothing is in progress. */
  async #atRest(drained: boolean): Promise<StatusReport> {
    const deadline = performance.now() + REST_TIMEOUT;
    while (true) {
      const status = await this.#service.status();
      const draining = status.workers.filter(({ state }) => state === "draining");
      const faults = [
        ...drained ? draining.map(({ pid }) => `process ${pid} is draining`) : [],
        ...this.#workerFaults(status),
        ...await this.#processFaults(status),
        ...this.#directoryFaults(),
        ...busFaults(status),
      ];
      // Connections that were just closed are not an error.
      if (faults.length + draining.length === 0) faults.push(...this.#descriptorFaults(status));
      if (faults.length === 0) return status;
      if (performance.now() > deadline) throw new Error(faults.join("\n"));
      await pause(50);
    }
  }

  #workerFaults({ phase, workers, services }: StatusReport): string[] {
    const { shape, addresses } = this.#service;
    const faults: string[] = [];
    if (phase !== "running") faults.push(`the supervisor is ${phase}`);
    const served = services.map(({ address }) => address);
    if (served.join() !== addresses.join()) {
      faults.push(`it serves ${served.join(", ")}, not ${addresses.join(", ")}`);
    }
    const staying = workers.filter(({ state }) => state !== "draining");
    for (const { id, pid, state } of staying) {
      if (state !== "ready") faults.push(`worker ${id} (process ${pid}) is ${state}`);
      if (!isAlive(pid)) faults.push(`process ${pid} of worker ${id} is gone`);
    }
    const slots = expectedSlots(shape.workers, shape.udp);
    const found = staying.map(({ slot }) => slot).sort();
    if (found.join() !== slots.join()) {
      faults.push(`the slots ${found.join()} have workers, not ${slots.join()}`);
    }
    return faults;
  }

  async #processFaults({ pid, workers }: StatusReport): Promise<string[]> {
    const faults: string[] = [];
    const named = await this.#service.supervisor();
    if (named !== pid) faults.push(`the pid file names ${named}, and ${pid} is the supervisor`);
    const known = new Set([pid, ...workers.map((worker) => worker.pid)]);
    for (const one of await familyOf(this.#service.folder)) {
      if (known.has(one.pid) && !/[ZT]/.test(one.state)) continue;
      faults.push(`process ${one.pid}, a child of ${one.parent}, is ${one.state}: ${one.command}`);
    }
    return faults;
  }

  #directoryFaults(): string[] {
    const names = [...Deno.readDirSync(this.#service.directory)].map(({ name }) => name);
    return [
      ...FILES.filter((name) => !names.includes(name)).map((name) => `there is no ${name}`),
      ...names.filter((name) => ![...FILES, ...MORE_FILES].includes(name))
        .map((name) => `${name} is in the runtime directory`),
    ];
  }

  /** Compares with the same state before. An executed supervisor differs from a started one. */
  #descriptorFaults({ pid, upgrades }: StatusReport): string[] {
    const { workers, udp } = this.#service.shape;
    const state = [workers, udp, this.#service.addresses.length, upgrades > 0].join();
    // A runtime has these for children that it has started itself, not for adopted ones.
    const kinds = openDescriptors(pid).map(({ what }) => what)
      .filter((what) => what !== "anon_inode:[pidfd]");
    const before = this.#descriptors.get(state);
    if (before === undefined) this.#descriptors.set(state, kinds);
    else if (kinds.length > before.length + LEEWAY) {
      return [
        `the supervisor has ${kinds.length} descriptors, and had ${before.length}: ${
          difference(kinds, before).join(", ")
        }`,
      ];
    }
    return [];
  }

  /** Connects to every address many times. */
  async #allAnswer({ workers }: StatusReport): Promise<void> {
    const pids = workers.map(({ pid }) => pid);
    const { places, shape } = this.#service;
    const targets: Target[] = [
      { port: places.text },
      ...shape.second ? [{ port: places.second }] : [],
      ...shape.unix ? [{ path: places.unix }] : [],
    ];
    const asked = targets.flatMap((target) =>
      Array.from({ length: CONNECTIONS }, async () => {
        using client = await Client.connect(target);
        return Number(await client.line("pid"));
      })
    );
    const http = Array.from({ length: CONNECTIONS }, async () => {
      using client = await Client.connect({ port: places.http });
      return Number((await client.http()).body);
    });
    const strangers = (await Promise.all([...asked, ...http])).filter((pid) => !pids.includes(pid));
    if (strangers.length > 0) throw new Error(`process ${strangers[0]} answers, and is no worker`);
  }

  /** Two members of a group receive each other's messages, in any workers. */
  async #groupsWork(): Promise<void> {
    const target = { port: this.#service.places.text };
    using one = await Client.connect(target);
    using other = await Client.connect(target);
    const group = `group-${crypto.randomUUID()}`;
    for (const member of [one, other]) await member.line(`join ${group}`);
    // One that has left while the broker was away is awaited in vain for a while.
    await eventually("both in their group", async () => await one.line(`count ${group}`) === "2");
    await one.say(`say ${group} hello`);
    const heard = await other.next();
    if (heard !== "hello") throw new Error(`a member of a group hears "${heard}"`);
  }

  async #wrongInLog(): Promise<string[]> {
    const lines = (await this.#service.log()).split("\n");
    const wrong = lines.filter((line) => WRONG.test(line) && !this.#logged.has(line));
    for (const line of wrong) this.#logged.add(line);
    return wrong;
  }
}

/** A service with its own number of workers has its own processes. */
function expectedSlots(workers: number, udp: boolean): number[] {
  const slots = Array.from({ length: workers }, (_, slot) => slot);
  return (udp && workers > 1 ? [0, ...slots] : slots).sort();
}

function busFaults({ workers }: StatusReport): string[] {
  return workers.flatMap(({ id, statistics }) =>
    (statistics?.clusters ?? []).flatMap(({ buses }) =>
      buses.filter(({ state }) => state !== "ready")
        .map(({ name, state }) => `the bus ${name} of worker ${id} is ${state}`)
    )
  );
}

/** The entries of one list that the other does not have. */
function difference(more: string[], less: string[]): string[] {
  const rest = [...less];
  return more.filter((one) => {
    const found = rest.indexOf(one);
    if (found >= 0) rest.splice(found, 1);
    return found < 0;
  });
}
