/**
 * What went wrong between this process and a broker, in words that help and hold no secret.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import type { BrokerAddress } from "./broker_address.ts";

/** What is wrong, by the error code of the system. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: check that the broker runs there",
  ECONNRESET: "the broker closed the connection",
  EAI_AGAIN: "the host name cannot be resolved now",
  ENOTFOUND: "the host name does not exist",
  EHOSTUNREACH: "the host is unreachable",
  ENETUNREACH: "the network is unreachable",
  ETIMEDOUT: "no answer",
};

/** What a broker says that wants a password, or another one. */
const REFUSAL =
  /NOAUTH|WRONGPASS|invalid password|without any password|Authori[sz]ation Violation/i;

/** What a Redis says that is older than the protocol spoken here. */
const TOO_OLD = /unknown command.*HELLO|NOPROTO/i;

/**
 * Makes the error of a broker.
 *
 * The error behind it is no `cause`: brokers repeat what they were sent, and libraries what they were
 * given, so a password could come to light with it.
 *
 * @param action What could not be done, as in "Cannot reach the bus".
 * @param address The broker.
 * @param error What happened.
 */
export function busError(action: string, address: BrokerAddress, error: unknown): GoerError {
  return new GoerError("GOER_BUS", `${action} ${address.name}: ${reason(address, error)}`);
}

function reason(address: BrokerAddress, error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined && BY_CODE[code] !== undefined) return BY_CODE[code];
  const text = error instanceof Error ? error.message : "";
  if (REFUSAL.test(text)) {
    return address.user === "" && address.password === ""
      ? "a password is required: put it into the address, as in scheme://user:password@host"
      : "the user or password in the address is wrong";
  }
  if (TOO_OLD.test(text)) return "Redis 6 or later is required";
  const secrets = [address.user, address.password].filter((secret) => secret !== "");
  const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), text);
  return shown.replace(/[.\s]+$/, "") || "the connection is closed";
}

/** The code of the system, of the error or of one behind it. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : codeOf(error.cause);
}
