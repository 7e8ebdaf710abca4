/**
 * Describes an app for the supervisor, which never loads it.
 *
 * @module
 */

import { parseAddress } from "../address.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import { DEFAULT_PROCESS_OPTIONS as DEFAULTS, resolveWorkers } from "../process_options.ts";
import type { AppManifest, ServiceManifest } from "../supervisor/ipc/messages.ts";
import type { AppService } from "./served_service.ts";

/** The services of an app by key, in order. */
export function keyedServices(services: AppService[]): Map<string, AppService> {
  const keyed = new Map<string, AppService>();
  for (const service of services) {
    const base = service.address || service.name;
    let key = base;
    for (let count = 2; keyed.has(key); count++) key = `${base}#${count}`;
    keyed.set(key, service);
  }
  return keyed;
}

/** Creates the manifest of an app. */
export function appManifest(services: AppService[]): AppManifest {
  const options = services.map((service) => service.options);
  const longest = (name: "drainDelay" | "reloadTimeout" | "stopTimeout") =>
    Math.max(...options.map((one) => one[name] ?? DEFAULTS[name]));
  return {
    services: [...keyedServices(services)].map(([key, service]) => serviceManifest(key, service)),
    reloadTimeout: longest("reloadTimeout"),
    stopTimeout: longest("stopTimeout"),
    drainDelay: longest("drainDelay"),
    handoff: options.find((one) => one.handoff !== undefined)?.handoff ?? DEFAULTS.handoff,
    daemon: options.some((one) => one.daemon === true),
    logFile: options.find((one) => one.logFile !== undefined)?.logFile ?? "",
    logFormat: options.find((one) => one.logFormat !== undefined)?.logFormat,
    admin: options.find((one) => one.admin !== undefined)?.admin,
  };
}

function serviceManifest(key: string, { name, address, options }: AppService): ServiceManifest {
  return {
    key,
    name,
    listen: address,
    ...address === "" ? { protocol: "" } : listeningPart(address, options),
    workers: resolveWorkers(options.workers ?? DEFAULTS.workers),
    user: String(options.runAs?.user ?? ""),
    group: String(options.runAs?.group ?? ""),
  };
}

function listeningPart(
  address: string,
  options: AppService["options"],
): Pick<ServiceManifest, "protocol" | "socket" | "backlog"> {
  const { transport, protocol, endpoint } = parseAddress(address);
  return {
    protocol: options.protocol?.name ?? protocol,
    socket: {
      transport: transport === "tls" ? "tcp" : transport,
      hostname: "host" in endpoint ? endpoint.host : "",
      port: "port" in endpoint ? endpoint.port : 0,
      path: "path" in endpoint ? endpoint.path : "",
    },
    backlog: options.backlog ?? DEFAULT_LIMITS.backlog,
  };
}
