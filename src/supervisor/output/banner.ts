/**
 * What `goer start` shows on a terminal when the app serves.
 *
 * @module
 */

import { printable } from "../../printable.ts";
import type { ServiceStatus } from "../workers/status.ts";
import type { Style } from "./style.ts";

/** The facts of a {@linkcode bannerText}. */
export interface BannerFacts {
  version: string;
  /** The runtime and its version. */
  runtime: string;
  pid: number;
  /** The app's module. */
  app: string;
  services: readonly ServiceStatus[];
  /** How many workers serve. */
  workers: number;
  /** How this supervisor runs: `in the foreground`. */
  mode: string;
  /** The command that reloads the app. */
  reload: string;
  /** Addresses and titles of other things, such as the admin listener. */
  extra?: readonly [title: string, text: string][];
}

/** What a person should know when the app serves: what, where, and how to stop it. */
export function bannerText(facts: BannerFacts, style: Style): string {
  const { version, runtime, pid, app, services, workers, mode, reload, extra = [] } = facts;
  const rows: [string, string][] = [
    ["app", printable(app)],
    ["process", `${pid}, ${mode}, ${workers === 1 ? "1 worker" : `${workers} workers`}`],
    ...services.map((service) => serviceRow(service, style)),
    ...extra.map(([title, text]) => [title, printable(text)] as [string, string]),
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const lines = rows.map(([title, text]) => `  ${style.dim(title.padEnd(width))}  ${text}`);
  return `
  ${style.bold(style.cyan(`Goer ${version}`))} ${style.dim(`on ${runtime}`)}

${lines.join("\n")}

  ${style.dim("Stop:")} Ctrl+C   ${style.dim("Reload:")} ${printable(reload)}

`;
}

function serviceRow({ name, address, protocol }: ServiceStatus, style: Style): [string, string] {
  const url = serviceUrl(address, protocol);
  if (address === "") return ["serving", style.bold(printable(name))];
  const title = name === address || name === "" ? "serving" : printable(name);
  return [title, style.bold(printable(url)) + (everywhere(address) ? " (on all interfaces)" : "")];
}

/** True if the address is one for all network interfaces. */
function everywhere(address: string): boolean {
  return /:\/\/(0\.0\.0\.0|\[::\]):/.test(address);
}

/** The address as other programs write it: one that speaks HTTP begins with `http://`. */
export function serviceUrl(address: string, protocol: string): string {
  const match = /^([a-z0-9+]+):\/\/(.*)$/is.exec(address);
  if (match === null) return address;
  const [, scheme, rest] = match;
  const place = rest.replace(/^(0\.0\.0\.0|\[::\]):/, "localhost:");
  if (/(^|\+)(unix|udp)$/.test(scheme)) return address;
  const secure = /(^|\+)tls$|^https$|^wss$/.test(scheme);
  if (protocol === "http") return `http${secure ? "s" : ""}://${place}`;
  if (protocol === "websocket") return `ws${secure ? "s" : ""}://${place}`;
  return `${scheme}://${place}`;
}
