/**
 * Describes broker errors in words that help and reveal no secret.
 *
 * @module
 */

import { GoerError } from "../../errors.ts";
import type { BrokerAddress } from "./broker_address.ts";

/** Explanations by the system's error code. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: check that the broker runs there",
  ECONNRESET: "the broker closed the connection",
  EAI_AGAIN: "the host name cannot be resolved now",
  ENOTFOUND: "the host name does not exist",
  EHOSTUNREACH: "the host is unreachable",
  ENETUNREACH: "the network is unreachable",
  ETIMEDOUT: "no answer",
};

/** Messages of a broker that requires a password, or another one. */
const REFUSAL =
  /NOAUTH|WRONGPASS|invalid password|without any password|Authori[sz]ation Violation/i;

/** Messages of a Redis that is too old for RESP3. */
const TOO_OLD = /unknown command.*HELLO|NOPROTO/i;

/**
 * Makes the error of a broker.
 *
 * It has no `cause`: brokers and libraries repeat what they received, so a cause could reveal a
 * password.
 *
 * @param action What failed, such as "Cannot reach the bus".
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

/** The system's code, of the error or one of its causes. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : codeOf(error.cause);
}
