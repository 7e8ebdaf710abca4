/**
 * Converts the errors of three runtimes to the errors of Goer.
 *
 * @module
 */

import { GoerError } from "../errors.ts";

/** The {@linkcode GoerError} for an error of a runtime when it opened `address`. */
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

/** The {@linkcode GoerError} for an error of a runtime when it connected to `address`. */
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

/** The {@linkcode GoerError} for the error that ended a connection. */
export function connectionError(cause: unknown): GoerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GoerError("GOER_CONNECTION", `The connection broke: ${reason}`, { cause });
}

/** True if the system or the runtime denies a permission. */
export function isDenied(cause: unknown): boolean {
  return ["EACCES", "EPERM", "NotCapable"].includes(systemCode(cause) ?? "");
}

/**
 * Errors of accepting or receiving that mean that a peer, or its network, has disconnected:
 * `accept(2)` says to retry immediately.
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

/**
 * True if accepting or receiving failed because a peer has disconnected: the next one can follow
 * immediately.
 */
export function isPeerGone(cause: unknown): boolean {
  return PEER_GONE.includes((cause as { code?: string }).code ?? "");
}

/** The system's codes for Deno's error classes. */
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
 * True for an error in a module's source without a location: Bun's have no stack, Node's one of its
 * own modules. If the error is not caught, the runtime prints the location.
 */
export function isUnlocated(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { stack = "" } = error;
  return stack === "" || error instanceof SyntaxError && !stack.includes("file:");
}
