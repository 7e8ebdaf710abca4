/**
 * The options `--listen`, `--port` and `--hostname`, which change the address of an app.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import { GoerError } from "./errors.ts";
import { formatHostPort } from "./runtime/sockets/endpoint.ts";
import { type PlaceOptions, startInfo } from "./start_info.ts";

/** Why the address of a `Goer` cannot change: its handlers may already be set. */
export const CHANGE_GOER = "the app creates its Goer itself. Change the address there";

/**
 * The address of the app's only service. Missing parts of `--listen` are taken from the app's own
 * address: `8080` changes the port, and `0.0.0.0:8080` the host and the port, as `--port` and
 * `--hostname` do.
 *
 * @param address The app's own address.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the result is not an address.
 */
export function overrideAddress(address: string): string {
  const { listen, port, hostname } = startInfo();
  if (listen?.includes("://")) return listen;
  if (listen === undefined && port === undefined && hostname === undefined) return address;
  const { text, endpoint } = parseAddress(address);
  if (!("host" in endpoint)) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot use ${wanted()}: the app listens at ${address}, which has no port. ` +
        "Pass a whole address, as in --listen http://127.0.0.1:8080",
    );
  }
  const scheme = text.slice(0, text.indexOf("://"));
  const ownPort = listen !== undefined && /^\d+$/.test(listen) ? listen : port;
  const place = listen !== undefined && ownPort === undefined
    ? listen
    : formatHostPort(hostname ?? endpoint.host, ownPort ?? endpoint.port);
  parseAddress(`${scheme}://${place}`);
  return `${scheme}://${place}`;
}

/**
 * Refuses these options if they would have no effect, or it is not clear for which service.
 *
 * @param reason Why they cannot be used, and what to do.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the command line has one.
 */
export function refuseOverride(reason: string): void {
  if (wanted() === "") return;
  throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot use ${wanted()}: ${reason}`);
}

/** The options as on the command line, for errors. */
function wanted(): string {
  const { listen, hostname, port }: PlaceOptions = startInfo();
  return Object.entries({ listen, hostname, port })
    .filter(([, value]) => value !== undefined)
    .map(([flag, value]) => `--${flag} ${value}`).join(" ");
}
