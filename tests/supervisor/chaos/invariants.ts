/**
 * What holds after every step, sooner or later.
 *
 * @module
 */

import type { StatusReport } from "../../../src/supervisor/workers/status.ts";
import { openDescriptors } from "../open_descriptors.ts";
import { isAlive } from "../processes.ts";
import { Client, type Target } from "./client.ts";
import { familyOf, type Service } from "./service.ts";
import { eventually, pause } from "./waiting.ts";

/** How long a service may take to come to rest after a step, in ms: longer than a pause after deaths. */
const REST_TIMEOUT = 120_000;

/** How often each address is connected to after a step. */
const CONNECTIONS = 8;

/** What the runtime directory holds, and what it may hold besides. */
const FILES = ["control.sock", "goer.pid"];
const MORE_FILES = ["goer.log"];

/** How many descriptors more than before are put down to chance. */
const LEEWAY = 2;

/** What a log has no line of unless something is wrong. */
const WRONG =
  /does not respond and is killed|invalid message from|uncaught|TypeError|ReferenceError|panicked/i;

/** Looks whether a service is what it should be. */
export class Invariants {
  readonly #service: Service;
  /** The descriptors of the supervisor, when it was first seen in a state. */
  readonly #descriptors = new Map<string, string[]>();
  /** What was logged before has been looked at. */
  #logged = new Set<string>();

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * Waits until all holds; throws what does not. Returns what `status` tells.
   *
   * @param drained True where workers that leave are waited for, too.
   */
  async hold(drained: boolean): Promise<StatusReport> {
    const status = await this.#atRest(drained);
    await this.#allAnswer(status);
    await this.#groupsWork();
    const wrong = await this.#wrongInLog();
    if (wrong.length > 0) throw new Error(`the log says:\n${wrong.join("\n")}`);
    return status;
  }

  /** Waits until nothing goes on any more. */
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
      // Connections that have just been closed are no fault.
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

  /** Compares with the same state before: an image that was executed differs from one that was started. */
  #descriptorFaults({ pid, upgrades }: StatusReport): string[] {
    const { workers, udp } = this.#service.shape;
    const state = [workers, udp, this.#service.addresses.length, upgrades > 0].join();
    // A runtime has these of children that it has started itself, not of those it was handed.
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

  /** Two members of a group hear each other, whichever workers have them. */
  async #groupsWork(): Promise<void> {
    const target = { port: this.#service.places.text };
    using one = await Client.connect(target);
    using other = await Client.connect(target);
    const group = `group-${crypto.randomUUID()}`;
    for (const member of [one, other]) await member.line(`join ${group}`);
    // One that has left while the broker was away is waited for in vain, for a while.
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

/** A service of its own number of workers has processes of its own. */
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

/** What one list has more of than the other. */
function difference(more: string[], less: string[]): string[] {
  const rest = [...less];
  return more.filter((one) => {
    const found = rest.indexOf(one);
    if (found >= 0) rest.splice(found, 1);
    return found < 0;
  });
}
