/**
 * Turns the errors of three runtimes into one.
 *
 * @module
 */

import { GoerError } from "../errors.ts";

/** Makes a {@linkcode GoerError} of what a runtime threw where it could not open `address`. */
export function listenError(cause: unknown, address: string): GoerError {
  if (cause instanceof GoerError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const failed = `Cannot listen on ${address}`;
  switch (systemCode(cause)) {
    case "EADDRINUSE":
      return new GoerError(
        "GOER_ADDRESS_IN_USE",
        `Cannot listen: another process serves ${address}. Stop it or choose another address`,
        { cause },
      );
    case "EADDRNOTAVAIL":
      return new GoerError(
        "GOER_LISTEN_FAILED",
        `${failed}: this machine does not have this address`,
        { cause },
      );
    case "NotCapable":
      return new GoerError(
        "GOER_PERMISSION_DENIED",
        `${failed}: ${reason.split("\n")[0]}`,
        { cause },
      );
    case "EACCES":
    case "EPERM":
      return new GoerError(
        "GOER_PERMISSION_DENIED",
        `${failed}: the system refuses it. A port below 1024 needs root or ` +
          "CAP_NET_BIND_SERVICE, a Unix socket a directory that this user may write",
        { cause },
      );
    default:
      return new GoerError("GOER_LISTEN_FAILED", `${failed}: ${reason}`, { cause });
  }
}

/** Makes a {@linkcode GoerError} of what a runtime threw where it could not connect to `address`. */
export function connectError(cause: unknown, address: string): GoerError {
  if (cause instanceof GoerError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const denied = systemCode(cause) === "NotCapable";
  return new GoerError(
    denied ? "GOER_PERMISSION_DENIED" : "GOER_CONNECT_FAILED",
    `Cannot connect to ${address}: ${reason.split("\n")[0]}`,
    { cause },
  );
}

/** Makes a {@linkcode GoerError} of what broke a connection. */
export function connectionError(cause: unknown): GoerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GoerError("GOER_CONNECTION", `The connection broke: ${reason}`, { cause });
}

/** True if the system or the runtime refuses something for want of a right. */
export function isDenied(cause: unknown): boolean {
  return ["EACCES", "EPERM", "NotCapable"].includes(systemCode(cause) ?? "");
}

/**
 * What accepting or receiving fails with where a peer has disconnected, or the network to it:
 * `accept(2)` says to
 * go on at once.
 */
const PEER_GONE: readonly string[] = [
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENONET",
  "ENOTCONN",
  "EPERM",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
];

/** True if accepting or receiving failed for a peer that is gone: the next one may come at once. */
export function isPeerGone(cause: unknown): boolean {
  return PEER_GONE.includes((cause as { code?: string }).code ?? "");
}

/** What Deno's error classes are called by the system. */
const SYSTEM_CODES: Record<string, string> = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  PermissionDenied: "EACCES",
  NotCapable: "NotCapable",
};

function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return SYSTEM_CODES[cause.name] ?? (cause as Error & { code?: string }).code;
}

/**
 * True for an error in a module's text that does not tell where: Bun's have no stack, Node's one of its
 * own modules. The runtime tells it all the same, of an error that nobody catches.
 */
export function isUnlocated(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { stack = "" } = error;
  return stack === "" || error instanceof SyntaxError && !stack.includes("file:");
}
