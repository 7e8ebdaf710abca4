import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Bus, type BusEvents, Goer, GoerError } from "../../mod.ts";
import { http } from "../../protocols/http/mod.ts";
import { until } from "../helpers/wait.ts";
import { client } from "./client.ts";

Deno.test("groups work without a supervisor", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  goer.onConnect = (connection) => {
    connection.user = "ann";
    connection.join("room");
    connection.join("room");
    connection.send("welcome");
  };
  await using service = await goer.listen();
  using one = await client(service.address);
  using two = await client(service.address);
  assertEquals([await one.line(), await two.line()], ["welcome", "welcome"]);
  goer.to("room").send("to all");
  assertEquals([await one.line(), await two.line()], ["to all", "to all"]);
  const [first] = service.connections;
  goer.to("room").send("to the other", { except: first });
  goer.toUser("ann").send("to the user");
  assertEquals(await two.line(), "to the other");
  assertEquals([await one.line(), await two.line()], ["to the user", "to the user"]);
  assertEquals(await goer.count("room"), 2);
  assertEquals((await goer.members("room")).map(({ user }) => user), ["ann", "ann"]);
  assertEquals([await goer.isOnline("ann"), await goer.isOnline("bob")], [true, false]);
  assertEquals([await goer.count("nobody"), await goer.members("nobody")], [0, []]);
});

Deno.test("messages to all and to one connection within a turn arrive in order", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  const long = "x".repeat(5000);
  const sent: string[] = [];
  goer.onConnect = (connection) => {
    connection.join("room");
    const both = [
      (line: string) => goer.to("room").send(line),
      (line: string) => connection.send(line),
    ];
    // Every order of three messages, with the long line in each position.
    for (let turn = 0; turn < 8; turn++) {
      for (let place = 0; place < 3; place++) {
        const line = place === turn % 3 ? `${turn} ${long}` : `${turn} ${place}`;
        both[turn >> place & 1](line);
        sent.push(line);
      }
    }
  };
  await using service = await goer.listen();
  using one = await client(service.address);
  for (let index = 0; index < 24; index++) assertEquals(await one.line(), sent[index]);
});

Deno.test("a member can be excluded by what members() returned for it", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  goer.onConnect = (connection) => connection.join("room");
  await using service = await goer.listen();
  using one = await client(service.address);
  await until("it is in", async () => await goer.count("room") === 1);
  const members = await goer.members("room");
  goer.to("room").send("not for you", { except: members });
  goer.to("room").send("for you");
  assertEquals(await one.line(), "for you");
});

Deno.test("a closed connection has left all its groups, after onClose", async () => {
  const goer = new Goer("text://127.0.0.1:0");
  const seen: unknown[] = [];
  goer.onConnect = (connection) => {
    connection.user = "ann";
    connection.join("a");
    connection.join("b");
  };
  goer.onJoin = (member, group) => seen.push(["join", group, member.user]);
  goer.onLeave = (member, group) => seen.push(["leave", group, member.user]);
  goer.onClose = (connection) => {
    seen.push(["close", connection.user, ...connection.groups]);
    connection.join("too late");
  };
  await using service = await goer.listen();
  using one = await client(service.address);
  await until("it is in", async () => await goer.count("b") === 1);
  one[Symbol.dispose]();
  await until("it is out", async () => await goer.count("b") === 0);
  assertEquals(seen, [
    ["join", "a", "ann"],
    ["join", "b", "ann"],
    ["close", "ann", "a", "b"],
    ["leave", "a", "ann"],
    ["leave", "b", "ann"],
  ]);
  assertEquals([await goer.count("too late"), await goer.isOnline("ann")], [0, false]);
});

Deno.test("services with the same name share their groups, each with its protocol; others do not", async () => {
  const onConnect = (connection: { join(group: string): Promise<void> }) => connection.join("room");
  const shout = {
    name: "shout",
    input: (buffer: Uint8Array) => buffer.length,
    decode: (packet: Uint8Array) => new TextDecoder().decode(packet),
    encode: (message: string) => new TextEncoder().encode(`${message.toUpperCase()}\n`),
  };
  const name = "shared by a test";
  const lines = new Goer("text://127.0.0.1:0", { name, onConnect });
  const shouts = new Goer("tcp://127.0.0.1:0", { name, onConnect, protocol: shout });
  const other = new Goer("text://127.0.0.1:0", { onConnect });
  await using one = await lines.listen();
  await using two = await shouts.listen();
  await using three = await other.listen();
  using a = await client(one.address);
  using b = await client(two.address);
  using c = await client(three.address);
  await until("all are in", async () => {
    return await lines.count("room") === 2 && await other.count("room") === 1;
  });
  shouts.to("room").send("hello");
  lines.to("room").send("there");
  assertEquals([await a.line(), await a.line()], ["hello", "there"]);
  assertEquals([await b.line(), await b.line()], ["HELLO", "THERE"]);
  other.to("room").send("other");
  assertEquals(await c.line(), "other");
});

Deno.test("a message that one member cannot be sent only affects that member", async () => {
  const errors: string[] = [];
  const goer = new Goer("tcp://127.0.0.1:0", {
    protocol: {
      name: "odd",
      input: (buffer: Uint8Array) => buffer.length,
      decode: (packet: Uint8Array) => packet,
      encode(message: string, connection) {
        if (connection.state === 0) throw new Error("Cannot be said to the first");
        return new TextEncoder().encode(`${message}\n`);
      },
    },
    onError: (_, error) => errors.push(error.code),
  });
  let count = 0;
  goer.onConnect = (connection) => {
    connection.state = count++;
    connection.join("room");
  };
  await using service = await goer.listen();
  using _one = await client(service.address);
  await until("the first is in", async () => await goer.count("room") === 1);
  using two = await client(service.address);
  await until("both are in", async () => await goer.count("room") === 2);
  goer.to("room").send("hello");
  assertEquals([await two.line(), errors], ["hello", ["GOER_HANDLER"]]);
});

/** Counts the calls of `encode` for a message to a group of two. */
async function encodingsForTwo(encodeOnce?: boolean): Promise<number> {
  let encoded = 0;
  const goer = new Goer("tcp://127.0.0.1:0", {
    protocol: {
      name: "counted",
      encodeOnce,
      input: (buffer: Uint8Array) => buffer.length,
      decode: (packet: Uint8Array) => packet,
      encode(message: string) {
        encoded++;
        return new TextEncoder().encode(`${message}\n`);
      },
    },
    onConnect: (connection) => connection.join("room"),
  });
  await using service = await goer.listen();
  using one = await client(service.address);
  using two = await client(service.address);
  await until("both are in", async () => await goer.count("room") === 2);
  goer.to("room").send("hello");
  assertEquals([await one.line(), await two.line()], ["hello", "hello"]);
  return encoded;
}

Deno.test("a message to a group is encoded for each connection", async () => {
  assertEquals(await encodingsForTwo(), 2);
});

Deno.test("a protocol with encodeOnce encodes a message to a group once", async () => {
  assertEquals(await encodingsForTwo(true), 1);
});

Deno.test("a broadcast skips HTTP connections without a pending request", async () => {
  const goer = new Goer("http://127.0.0.1:0", { protocol: http });
  goer.onMessage = (connection, request) => {
    connection.send(`you asked for ${request.path}`);
  };
  await using service = await goer.listen();
  const { hostname, port } = new URL(service.address);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const ask = async (path: string) => {
    await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
    const bytes = new Uint8Array(1000);
    return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
  };
  assertEquals((await ask("/one")).endsWith("you asked for /one"), true);
  goer.broadcast("nobody asked");
  assertEquals((await ask("/two")).endsWith("you asked for /two"), true);
});

Deno.test("datagrams and outgoing connections cannot be in groups", async () => {
  let error: unknown;
  const goer = new Goer("text+udp://127.0.0.1:0", {
    onMessage(connection) {
      try {
        connection.join("room");
      } catch (thrown) {
        error = thrown;
      }
    },
  });
  await using service = await goer.listen();
  const { hostname, port } = new URL(service.address.replace(/^[^:]+/, "http"));
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  await socket.send(new TextEncoder().encode("x"), {
    transport: "udp",
    hostname,
    port: Number(port),
  });
  await until("it was refused", () => Promise.resolve(error !== undefined));
  socket.close();
  assertEquals((error as GoerError).code, "GOER_NOT_SUPPORTED");
});

Deno.test("a subscriber that fails is reported, and does not stop the others", async () => {
  const errors: string[] = [];
  const heard: unknown[] = [];
  const goer = new Goer("text://127.0.0.1:0", { onBusError: (error) => errors.push(error.code) });
  goer.subscribe("news", () => {
    throw new Error("No");
  });
  goer.subscribe("news", () => Promise.reject(new Error("Not either")));
  const subscription = goer.subscribe("news", (data) => heard.push(data));
  await using _service = await goer.listen();
  goer.publish("news", { number: 1 });
  subscription.cancel();
  subscription.cancel();
  goer.publish("news", { number: 2 });
  await Promise.resolve();
  assertEquals(heard, [{ number: 1 }]);
  assertEquals(errors.length >= 3 && errors.every((code) => code === "GOER_HANDLER"), true);
});

Deno.test("invalid options of the bus are refused without showing a password", () => {
  const bad = [
    { bus: "amqp://user:secret@127.0.0.1" },
    { bus: "user:secret@127.0.0.1:6379" },
    { bus: "" },
    { busPrefix: "" },
    { busPrefix: "with space" },
    { busPrefix: "x".repeat(41) },
    { maxBusQueueSize: -1 },
    { busTimeout: 0 },
    { busTimeout: NaN },
  ];
  for (const options of bad) {
    const { code, message } = assertThrows(
      () => new Goer("text://127.0.0.1:0", options),
      GoerError,
    );
    assertEquals([code, message.includes("secret")], ["GOER_INVALID_ARGUMENT", false]);
  }
});

/** A bus within one process, which can be away. */
class Loop implements Bus {
  readonly name = "loop:";
  readonly maxMessageSize = 1000;
  readonly published: string[] = [];
  readonly channels = new Set<string>();
  closed = false;
  events: BusEvents | undefined;
  failure: Error | undefined;

  open(events: BusEvents): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.events = events;
    return Promise.resolve();
  }
  publish(channel: string, message: Uint8Array): void {
    this.published.push(channel);
    this.events?.onMessage(channel, message);
  }
  subscribe(channel: string): Promise<void> {
    this.channels.add(channel);
    return Promise.resolve();
  }
  unsubscribe(channel: string): void {
    this.channels.delete(channel);
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

Deno.test("the application's own bus carries messages to others, and is closed with its service", async () => {
  const bus = new Loop();
  const goer = new Goer("text://127.0.0.1:0", { bus, name: "own bus" });
  goer.onConnect = (connection) => {
    connection.join("any name: even 空 \0 and * or >");
    connection.send("in");
  };
  const service = await goer.listen();
  const [quiet] = [bus.channels.size];
  using one = await client(service.address);
  assertEquals(await one.line(), "in");
  assertEquals(bus.channels.size, quiet + 1);
  assertEquals([...bus.channels].every((channel) => /^[\w.-]{1,100}$/.test(channel)), true);
  const before = bus.published.length;
  goer.to("any name: even 空 \0 and * or >").send("hello");
  // It has also come back, and is not sent twice.
  goer.to("any name: even 空 \0 and * or >").send("last");
  assertEquals([await one.line(), await one.line()], ["hello", "last"]);
  assertEquals(bus.published.length, before + 2);
  await service.close();
  assertEquals(bus.closed, true);
});

Deno.test("while the bus is away, messages to others are queued up to a limit, and further ones dropped", async () => {
  const bus = new Loop();
  const errors: string[] = [];
  const goer = new Goer("text://127.0.0.1:0", {
    bus,
    maxBusQueueSize: 1_000,
    onBusError: ({ code, message }) => errors.push(`${code}: ${message}`),
  });
  await using service = await goer.listen();
  bus.events!.onAway(new Error("Broken pipe"));
  assertEquals(errors, ["GOER_BUS: The bus loop: failed: Broken pipe"]);
  const before = bus.published.length;
  for (let number = 0; number < 100; number++) goer.publish("news", number);
  assertEquals(bus.published.length, before);
  bus.events!.onBack();
  const sent = bus.published.length - before;
  assertEquals(sent > 1 && sent < 20, true);
  assertEquals(service.connections.size, 0);
});

Deno.test("a service without a reachable bus fails to start, or starts alone", async () => {
  const bus = new Loop();
  bus.failure = new Error("connection refused");
  const errors: string[] = [];
  const options = { bus, onBusError: ({ message }: GoerError) => errors.push(message) };
  const error = await assertRejects(
    () => new Goer("text://127.0.0.1:0", options).listen(),
    GoerError,
    "The bus loop: failed: connection refused",
  );
  assertEquals(error.code, "GOER_BUS");
  const alone = new Goer("text://127.0.0.1:0", { ...options, busRequired: false });
  alone.onConnect = (connection) => connection.join("room");
  await using service = await alone.listen();
  assertEquals(errors, ["The bus loop: failed: connection refused"]);
  using one = await client(service.address);
  await until("it is in", async () => await alone.count("room") === 1);
  alone.to("room").send("hello");
  assertEquals(await one.line(), "hello");
});

Deno.test("100,000 groups and a group of 10,000 work", async () => {
  const goer = new Goer("text://127.0.0.1:0", { maxGroupsPerConnection: 100_000 });
  await using service = await goer.listen();
  using _one = await client(service.address);
  await until("it is accepted", () => Promise.resolve(service.connections.size === 1));
  const [connection] = service.connections;
  for (let number = 0; number < 100_000; number++) connection.join(`group ${number}`);
  assertEquals(connection.groups.size, 100_000);
  assertEquals(await goer.count("group 99999"), 1);
  connection.destroy();
  await until("it has left", async () => await goer.count("group 99999") === 0);
});
