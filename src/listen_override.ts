/**
 * The option `--listen`, which changes the address of an app.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import { GoerError } from "./errors.ts";
import { formatHostPort } from "./runtime/sockets/endpoint.ts";
import { startInfo } from "./start_info.ts";

/** Why the address of a `Goer` cannot change: its handlers may already be set. */
export const CHANGE_GOER = "the app creates its Goer itself. Change the address there";

/**
 * The address of the app's only service. Missing parts of `--listen` are taken from the app's own
 * address: `8080` changes the port, and `0.0.0.0:8080` the host and the port.
 *
 * @param address The app's own address.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if `--listen` is not an address.
 */
export function overrideAddress(address: string): string {
  const { listen } = startInfo();
  if (listen === undefined) return address;
  if (listen.includes("://")) return listen;
  const { text, endpoint } = parseAddress(address);
  if (!("host" in endpoint)) {
    throw new GoerError(
      "GOER_INVALID_ARGUMENT",
      `Cannot use --listen ${listen}: the app listens at ${address}, which has no port. ` +
        "Pass a whole address, as in --listen http://127.0.0.1:8080",
    );
  }
  const scheme = text.slice(0, text.indexOf("://"));
  const place = /^\d+$/.test(listen) ? formatHostPort(endpoint.host, listen) : listen;
  parseAddress(`${scheme}://${place}`);
  return `${scheme}://${place}`;
}

/**
 * Refuses `--listen` if it would have no effect, or it is not clear for which service.
 *
 * @param reason Why it cannot be used, and what to do.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the command line has it.
 */
export function refuseOverride(reason: string): void {
  const { listen } = startInfo();
  if (listen === undefined) return;
  throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot use --listen ${listen}: ${reason}`);
}
