/**
 * Where an app listens if the command line says so: `--listen`.
 *
 * @module
 */

import { parseAddress } from "./address.ts";
import { GoerError } from "./errors.ts";
import { startInfo } from "./start_info.ts";

/** Why the address of a `Goer` stays: its handlers may already be set. */
export const CHANGE_GOER = "the app creates its Goer itself. Change the address there";

/**
 * The address of the app's only service. What `--listen` leaves out is taken from the app's own address:
 * `8080` is another port, and `0.0.0.0:8080` another host and port.
 *
 * @param address The app's own address.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if `--listen` is no address.
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
  const { host } = endpoint;
  const ownHost = host.includes(":") ? `[${host}]` : host;
  const place = /^\d+$/.test(listen) ? `${ownHost}:${listen}` : listen;
  parseAddress(`${scheme}://${place}`);
  return `${scheme}://${place}`;
}

/**
 * Refuses `--listen` where it would change nothing, or nobody could tell what.
 *
 * @param reason Why it cannot be used, and what to do.
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if the command line has it.
 */
export function refuseOverride(reason: string): void {
  const { listen } = startInfo();
  if (listen === undefined) return;
  throw new GoerError("GOER_INVALID_ARGUMENT", `Cannot use --listen ${listen}: ${reason}`);
}
