/**
 * The keys that encrypt TLS session tickets (RFC 5077). A client that comes back to another worker,
 * or after a reload, can only resume its session if they are the same there. Only Node uses them:
 * on other runtimes, each server has its own.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { processWide } from "../process/process_wide.ts";

/** The size of the keys together, in bytes: a name, and two keys of 16 bytes. */
const KEYS_SIZE = 48;

/** What Node needs to resume the session of another server. */
export interface TicketOptions {
  readonly ticketKeys: Buffer;
  /** Sessions are only resumed in the same context. */
  readonly sessionIdContext: string;
}

/** New keys, as hexadecimal digits. */
export function makeTicketKeys(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(KEYS_SIZE))).toString("hex");
}

/** True if these can be keys. */
function areTicketKeys(text: string): boolean {
  return text.length === 2 * KEYS_SIZE && /^[\da-f]+$/.test(text);
}

const current = processWide("ticketKeys", () => ({ keys: makeTicketKeys() }));

/** Uses the keys of the supervisor for all servers that this process creates from now on. */
export function useTicketKeys(text: string): void {
  if (areTicketKeys(text)) current.keys = text;
}

/** The longest context, in characters (`SSL_MAX_SID_CTX_LENGTH`). */
const MAX_CONTEXT = 32;

/**
 * The options of a server.
 *
 * @param address Where it listens.
 * @param trust What it expects of clients. A session of a service that expects less must not be
 * resumed here: its client may have shown no certificate.
 */
export function ticketOptions(address: string, trust: unknown): TicketOptions {
  const context = createHash("sha256").update(JSON.stringify([address, trust])).digest("hex");
  return {
    ticketKeys: Buffer.from(current.keys, "hex"),
    sessionIdContext: context.slice(0, MAX_CONTEXT),
  };
}
