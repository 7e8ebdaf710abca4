/**
 * Queries how many bytes written to a connection are still in the system's queue.
 *
 * @module
 */

/** Linux's tables of all TCP connections with their queues. */
const TABLES = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/** The ports of a connection, its state, and its send queue. */
const LINE = /:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/g;

/**
 * How long tables count as fresh, as a multiple of the time for reading them. That is up to 50 ms,
 * because the system scans its whole connection table.
 */
const FRESHNESS = 8;

/** The send queues by the ports of their connections: `1F90:C350`. */
type Queues = ReadonlyMap<string, number>;

let queues: Promise<Queues> | undefined;
let freshUntil = 0;

/**
 * How many bytes the system holds that the peer has not acknowledged. When a peer reads, this
 * number changes long before the system accepts more: it has room for megabytes, and reports free
 * space only when a third of it is free. The query takes a while.
 *
 * @param localAddress This side, as `host:port`.
 * @param remoteAddress The peer, as `host:port`. Peers with the same port count together.
 * @returns 0 if the system does not report it, and for connections that are not TCP.
 */
export async function unacknowledgedBytes(
  localAddress: string,
  remoteAddress: string,
): Promise<number> {
  const [local, remote] = [hexPort(localAddress), hexPort(remoteAddress)];
  if (local === undefined || remote === undefined) return 0;
  return (await freshQueues()).get(`${local}:${remote}`) ?? 0;
}

function hexPort(address: string): string | undefined {
  const port = /:(\d+)$/.exec(address)?.[1];
  return port && Number(port).toString(16).toUpperCase().padStart(4, "0");
}

function freshQueues(): Promise<Queues> {
  if (queues === undefined || performance.now() > freshUntil) {
    freshUntil = Infinity;
    queues = readQueues(performance.now());
  }
  return queues;
}

async function readQueues(started: number): Promise<Queues> {
  const found = new Map<string, number>();
  for (const path of TABLES) {
    for (const [, local, remote, queue] of (await readOrNothing(path)).matchAll(LINE)) {
      const ports = `${local}:${remote}`;
      found.set(ports, (found.get(ports) ?? 0) + parseInt(queue, 16));
    }
  }
  const now = performance.now();
  freshUntil = now + FRESHNESS * (now - started);
  return found;
}

async function readOrNothing(path: string): Promise<string> {
  try {
    const { readFile } = await import("node:fs/promises");
    return await readFile(path, "latin1");
  } catch {
    // Only Linux has it, and Deno may not have permission to read it.
    return "";
  }
}
