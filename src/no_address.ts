/**
 * Services without an address, such as queue consumers and schedulers. They have workers, timers,
 * groups and topics, and no connections.
 *
 * @module
 */

import { type BusOptions, DEFAULT_BUS_OPTIONS } from "./cluster/bus_options.ts";
import type { ServiceGroups } from "./cluster/service_groups.ts";
import { ConnectionRegistry } from "./connection/registry.ts";
import { Statistics } from "./connection/service.ts";
import type { StreamConnection } from "./connection/stream.ts";
import { GoerError } from "./errors.ts";
import { invalidOption } from "./numbers.ts";
import { PROCESS_OPTION_TYPES, type ProcessOptions } from "./process_options.ts";
import { type ListenOptions, Server } from "./server.ts";
import type { TimingWheel } from "./timer/timers.ts";

/** Process options that concern sockets and messages. */
const NEED_ADDRESS: readonly string[] = ["handoff", "maxRequests"] satisfies (
  keyof ProcessOptions
)[];

/** The options that such a service can have. */
const ALLOWED: readonly string[] = [
  ...Object.keys(PROCESS_OPTION_TYPES).filter((name) => !NEED_ADDRESS.includes(name)),
  ...Object.keys(DEFAULT_BUS_OPTIONS).filter((name) => name !== "maxGroupsPerConnection"),
  ...["onBusError", "onJoin", "onLeave"] satisfies (keyof BusOptions)[],
  "logger",
  "name",
];

/**
 * Checks the options of a service without an address.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if it has no name, or an option that needs an address.
 */
export function checkNoAddress(options: { readonly name?: string }): void {
  if (options.name === undefined || options.name === "") {
    const expected = 'a name, because the service has no address, as in name: "jobs"';
    throw invalidOption("name", expected, "nothing");
  }
  refuse(options, Object.keys(options));
}

/**
 * Refuses handlers of connections, which can be set after the service was created.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if there is one.
 */
export function checkNoHandlers(service: object): void {
  refuse(service, Object.keys(service).filter((name) => /^on[A-Z]/.test(name)));
}

function refuse(given: object, names: string[]): void {
  const name = names.find((one) =>
    (given as Record<string, unknown>)[one] !== undefined && !ALLOWED.includes(one)
  );
  if (name !== undefined) {
    throw invalidOption(name, "a service with an address", "one without: new Goer(null, …)");
  }
}

/** What a service without an address needs. */
export interface NoAddressOptions {
  name: string;
  groups: ServiceGroups;
  timers(): TimingWheel;
  released(registry: ConnectionRegistry<StreamConnection>): Promise<void>;
}

/** Starts a service without an address: other processes reach it by its groups and topics. */
export async function serveWithoutAddress<Out>(
  { name, groups, timers, released }: NoAddressOptions,
  { beforeOpen, ...sockets }: ListenOptions,
): Promise<Server<Out>> {
  const given = Object.entries(sockets).find(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot use ${given[0]}: the service ${name} has no address`,
      { option: given[0] },
    );
  }
  const registry = new ConnectionRegistry<StreamConnection<unknown, Out>>();
  const connections = registry as unknown as ConnectionRegistry<StreamConnection>;
  await groups.serve(connections);
  try {
    await beforeOpen?.();
  } catch (error) {
    await groups.unserve(connections);
    throw error;
  }
  return new Server<Out>({
    address: "",
    transport: { endpoint: { path: "" }, stop() {} },
    registry,
    statistics: new Statistics(),
    background: {
      get pending() {
        return groups.background.pending || timers().running > 0;
      },
      async ended() {
        await Promise.all([groups.background.ended(), timers().idle()]);
      },
    },
    released: () => released(connections),
  });
}
