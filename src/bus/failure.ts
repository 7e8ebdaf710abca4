/**
 * What went wrong between this process and a broker, in words that help and hold no secret.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import type { BrokerAddress } from "./broker_address.ts";

/** What is wrong, by the error code of the system. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: is it running there?",
  ECONNRESET: "it broke the connection",
  EAI_AGAIN: "its host name cannot be looked up",
  ENOTFOUND: "its host name is not known",
  EHOSTUNREACH: "there is no way to its host",
  ENETUNREACH: "there is no way to its network",
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
      ? "it wants a password: put it into the address, as in scheme://user:password@host"
      : "it refuses the user and password of the address";
  }
  if (TOO_OLD.test(text)) return "it is older than Redis 6";
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
