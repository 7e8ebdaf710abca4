// The app of the conformance suite, which runs on each runtime: many small services on loopback,
// and a control service through which tests query them. Arguments: a folder for Unix sockets, and
// the descriptor of an inherited listening socket.

import process from "node:process";
import { type Connection, Goer, type ListenOptions, type Server } from "../../mod.ts";
import { type PacketProtocol, text } from "../../protocols/mod.ts";

/** What a service has received. */
interface Event {
  service: string;
  name: string;
  id: number;
  code?: string;
  message?: string;
  peer?: string;
}

/** How many bytes the service `flood` sends. */
const FLOOD = 64 << 20;
const [folder, fd] = process.argv.slice(2);
const events: Event[] = [];
const services = new Map<string, Server>();
/** Functions that end the waiting handlers. */
const held: (() => void)[] = [];

/** JSON after a length of four bytes. */
const json: PacketProtocol<unknown> = {
  name: "json",
  input: (buffer) =>
    buffer.length < 4 ? 0 : 4 + new DataView(buffer.buffer, buffer.byteOffset).getUint32(0),
  decode: (packet) => JSON.parse(new TextDecoder().decode(packet.subarray(4))),
  encode(message) {
    const body = new TextEncoder().encode(JSON.stringify(message));
    const packet = new Uint8Array(4 + body.length);
    new DataView(packet.buffer).setUint32(0, body.length);
    packet.set(body, 4);
    return packet;
  },
};

/** A protocol with a fault that the peer chooses with one byte. */
const faulty: PacketProtocol<Uint8Array> = {
  name: "faulty",
  input(buffer) {
    switch (String.fromCharCode(buffer[0])) {
      case "-":
        return -1;
      case "n":
        return NaN;
      case ".":
        return 1.5;
      case "i":
        return Infinity;
      case "b":
        return 1 << 30;
      case "t":
        throw new Error("input threw");
      default:
        return 1;
    }
  },
  decode(packet) {
    if (packet[0] === "d".charCodeAt(0)) throw new Error("decode threw");
    return packet;
  },
  encode(message) {
    if (message[0] === "e".charCodeAt(0)) throw new Error("encode threw");
    return message.slice();
  },
};

/** Echoes messages. */
function echo<Message>(connection: Connection<Message>, message: Message): void {
  connection.send(message);
}

/** Echoes messages after changing a copy of each. */
function spoilCopy(connection: Connection<Uint8Array>, message: Uint8Array): void {
  message.slice().fill(0);
  connection.send(message);
}

/** Starts a service and records its events. */
async function start(service: string, goer: object, options: ListenOptions = {}): Promise<void> {
  const observed = goer as Goer;
  const { onConnect, onBufferFull, onBufferDrain } = observed;
  const note = (name: string, connection: Connection, error?: Error & { code?: string }): void => {
    const { id, remoteAddress: peer } = connection;
    events.push({ service, name, id, code: error?.code, message: error?.message, peer });
  };
  observed.onError = (connection, error) => note("error", connection, error);
  services.set(service, await observed.listen(options) as Server);
  if (observed.address.includes("udp")) return;
  observed.onConnect = (connection) => {
    note("connect", connection);
    return onConnect?.(connection);
  };
  observed.onClose = (connection, error) => note("close", connection, error);
  observed.onBufferFull = (connection) => {
    note("full", connection);
    onBufferFull?.(connection);
  };
  observed.onBufferDrain = (connection) => {
    note("drain", connection);
    onBufferDrain?.(connection);
  };
}

/** Sends pattern bytes until the send buffer is full, or all of them have been sent. */
function flood(connection: Connection<Uint8Array, { sent: number }>): void {
  const { state } = connection;
  const words = new Uint32Array(16384);
  while (state.sent < FLOOD) {
    for (let index = 0; index < words.length; index++) words[index] = state.sent / 4 + index;
    const status = connection.send(new Uint8Array(words.buffer));
    if (status === "full" || status === "closed") return;
    state.sent += words.byteLength;
  }
  connection.close();
}

/** Answers each line a moment later, and reports overlapping handlers of a connection. */
async function slowly(connection: Connection<string>, line: string): Promise<void> {
  const overlaps = connection.state === "busy";
  connection.state = "busy";
  await new Promise((resolve) => setTimeout(resolve, 1));
  connection.state = "free";
  connection.send(overlaps ? `overlap ${line}` : line);
}

/** Throws or rejects, depending on the line. */
function fail(connection: Connection<string>, line: string): void | Promise<void> {
  if (line === "throw") throw new Error("thrown by the handler");
  if (line === "reject") return Promise.reject(new Error("rejected by the handler"));
  if (line === "number") throw 42;
  connection.send(line);
}

/** Performs the line's command on its connection. */
function act(connection: Connection<string>, line: string): void {
  const [action, argument] = line.split(" ");
  switch (action) {
    case "close":
      connection.send("first");
      connection.close("last");
      events.push({ service: "act", name: connection.send("never"), id: connection.id });
      return;
    case "destroy":
      return connection.destroy();
    case "pause":
      connection.pause();
      setTimeout(() => connection.resume(), 20);
      connection.send("paused");
      return;
    case "pipe":
      return connection.pipe(services.get("act")!.connections.get(Number(argument))! as never);
    case "raw":
      connection.send(new TextEncoder().encode("raw"), { raw: true });
      return;
    case "options":
      for (const options of [{}, { raw: false }, { raw: undefined }, null]) {
        connection.send("line", options as { raw: false });
      }
      return connection.close("last", { raw: false });
    case "id":
      connection.send(String(connection.id));
      return;
    default:
      connection.send(line);
  }
}

/**
 * Holds every handler until the control service receives `release`, which ends those that have
 * begun.
 */
async function holdBack(): Promise<void> {
  await new Promise<void>((resolve) => held.push(resolve));
}

/** Answers a test's question about the services; see `App` in harness.ts. */
async function control(connection: Connection<string>, line: string): Promise<void> {
  const [command, ...rest] = line.split(" ");
  connection.send(JSON.stringify(await answer(command, rest.join(" ")) ?? null));
}

async function answer(command: string, argument: string): Promise<unknown> {
  switch (command) {
    case "events":
      return events.filter(({ service }) => service === argument);
    case "connections": {
      const { connections } = services.get(argument)!;
      return Array.from(connections, ({ id, bytesRead, bytesWritten, bufferedBytes }) => {
        return {
          id,
          bytesRead,
          bytesWritten,
          bufferedBytes,
          found: connections.get(id)?.id === id,
        };
      });
    }
    case "reset":
      return await reset();
    case "memory":
      return process.memoryUsage().rss;
    case "held":
      return held.length;
    case "release":
      return held.splice(0).forEach((end) => end());
    case "listenAgain":
      return await listenAgain(argument);
    case "listen":
      return await tryToListen(argument);
    default:
      return command;
  }
}

/** Forgets what earlier tests have done. */
async function reset(): Promise<void> {
  const others = Array.from(services).filter(([service]) => service !== "control");
  const connections = others.flatMap(([, service]) => [...service.connections]);
  held.splice(0).forEach((end) => end());
  for (const connection of connections) connection.destroy();
  while (others.some(([, service]) => service.connections.size > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  events.length = 0;
}

/** Listens on any address, and returns the result. */
async function tryToListen(argument: string): Promise<unknown> {
  const { address, options } = JSON.parse(argument);
  try {
    const service = await new Goer(address as string, { onMessage: echo, ...options }).listen();
    const { addresses } = service;
    await service.close();
    return { addresses };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { name, message, code };
  }
}

/** Listens on one address repeatedly, and counts the failures. */
async function listenAgain(address: string): Promise<number> {
  let service = await new Goer(address, { onMessage: echo }).listen();
  let failures = 0;
  for (let round = 0; round < 20; round++) {
    const [same] = service.addresses;
    await service.close();
    try {
      service = await new Goer(same, { onMessage: echo }).listen();
    } catch {
      failures++;
    }
  }
  await service.close();
  return failures;
}

const TCP = "tcp://127.0.0.1:0";
const UDP = "udp://127.0.0.1:0";
const TEXT = "text://127.0.0.1:0";

await start("control", new Goer(TEXT, { onMessage: control }));
await start("raw", new Goer(TCP, { onMessage: echo }));
await start("text", new Goer(TEXT, { onMessage: echo }));
await start("frame", new Goer("frame://127.0.0.1:0", { onMessage: echo }));
await start("json", new Goer(TCP, { protocol: json, onMessage: echo }));
await start("greet", new Goer(TEXT, { onConnect: (connection) => connection.send("hello") }));
await start("slow", new Goer(TEXT, { onMessage: slowly }));
await start("held", new Goer(TCP, { onMessage: holdBack }));
await start("pool", new Goer(TEXT, { onMessage: holdBack, maxConcurrentHandlers: 2 }));
await start(
  "flood",
  new Goer(TCP, { state: () => ({ sent: 0 }), onConnect: flood, onBufferDrain: flood }),
);
await start("strict", new Goer(TEXT, { onMessage: echo, maxPacketSize: 64 }));
await start(
  "strictFrame",
  new Goer("frame://127.0.0.1:0", { onMessage: echo, maxPacketSize: 64 }),
);
await start("faulty", new Goer(TCP, { protocol: faulty, onMessage: echo }));
await start("fail", new Goer(TEXT, { onMessage: fail }));
await start("act", new Goer(TEXT, { onMessage: act }));
await start("idle", new Goer(TCP, { onMessage: echo, idleTimeout: 100 }));
await start("capped", new Goer(TCP, { onMessage: echo, maxConnections: 2 }));
await start("ipv6", new Goer("tcp://[::1]:0", { onMessage: echo }));
await start("copied", new Goer(TCP, { onMessage: spoilCopy }));
await start("udpCopied", new Goer(UDP, { onMessage: spoilCopy }));
await start("udp", new Goer(UDP, { onMessage: echo }));
await start("udp6", new Goer("udp://[::1]:0", { onMessage: echo }));
await start("udpText", new Goer("text+udp://127.0.0.1:0", { onMessage: echo }));
await start("udpFrame", new Goer("frame+udp://127.0.0.1:0", { onMessage: echo }));
await start("udpFaulty", new Goer(UDP, { protocol: faulty, onMessage: echo }));
await start("udpFail", new Goer(UDP, { protocol: text, onMessage: fail }));
await start(
  "udpClose",
  new Goer(UDP, { protocol: text, onMessage: (peer, line) => peer.close(line) }),
);
await start("unix", new Goer(`unix://${folder}/raw.sock`, { onMessage: echo }));
await start("unixText", new Goer(`text+unix://${folder}/text.sock`, { onMessage: echo }));
if (fd !== undefined) {
  const inherited = new Goer(TCP, { onMessage: spoilCopy });
  await start("fd", inherited, { fd: Number(fd) });
}

process.on("SIGTERM", async () => {
  await Promise.all(Array.from(services.values(), (service) => service.close()));
});
console.log(JSON.stringify(Object.fromEntries(
  Array.from(services, ([name, { addresses }]) => [name, addresses[0]]),
)));
