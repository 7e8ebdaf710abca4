/**
 * Open descriptors of processes, according to Linux.
 *
 * @module
 */

/** An open descriptor. */
export interface OpenDescriptor {
  number: number;
  /** `listens on 8080`, `unix /path`, `unix`, `tcp`, or the system's name. */
  what: string;
  /** The socket's number, which is the same in all processes that have it open. */
  inode?: string;
  /** True if children that execute another program do not get it. */
  private: boolean;
}

const CLOSE_ON_EXEC = 0o2000000;

/** The descriptors of a process, without standard input and outputs. */
export function openDescriptors(pid: number): OpenDescriptor[] {
  const sockets = allSockets();
  const found: OpenDescriptor[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      const info = Deno.readTextFileSync(`/proc/${pid}/fdinfo/${name}`);
      const flags = parseInt(/flags:\s+(\d+)/.exec(info)![1], 8);
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      const what = inode === undefined ? target : sockets.get(inode) ?? "socket";
      found.push({ number: Number(name), what, inode, private: (flags & CLOSE_ON_EXEC) > 0 });
    } catch {
      // It was closed meanwhile.
    }
  }
  return found.filter(({ number }) => number > 2).sort((one, other) => one.number - other.number);
}

/** The sockets of this machine by their numbers. */
function allSockets(): Map<string, string> {
  const sockets = new Map<string, string>();
  for (const protocol of ["tcp", "tcp6"]) {
    for (const line of lines(`/proc/net/${protocol}`)) {
      const [, local, , state, , , , , , inode] = line;
      const port = parseInt(local.split(":")[1], 16);
      sockets.set(inode, state === "0A" ? `listens on ${port}` : "tcp");
    }
  }
  for (const [, , , , , , inode, path] of lines("/proc/net/unix")) {
    sockets.set(inode, path === undefined ? "unix" : `unix ${path}`);
  }
  return sockets;
}

function lines(path: string): string[][] {
  return Deno.readTextFileSync(path).trim().split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/));
}
