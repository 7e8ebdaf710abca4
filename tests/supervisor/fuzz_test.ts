import { assert, assertEquals } from "@std/assert";
import { GoerError } from "../../src/errors.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import { packEnvelope } from "../../src/cluster/envelope.ts";
import type { ClusterService } from "../../src/cluster/cluster_service.ts";
import { Log } from "../../src/log.ts";
import type { LocalSocketHandlers, UnreadSocket } from "../../src/runtime/sockets/local_socket.ts";
import { parseLetter } from "../../src/start_info.ts";
import { ControlServer } from "../../src/supervisor/ipc/control_server.ts";
import { WorkerPool } from "../../src/supervisor/workers/worker_pool.ts";
import { AppLoader } from "../../src/supervisor/workers/app_loader.ts";
import {
  descriptorsOf,
  parseSavedState,
  renumbered,
} from "../../src/supervisor/upgrade/saved_state.ts";
import { layoutOf } from "../../src/supervisor/machine/layout.ts";
import type { Output } from "../../src/supervisor/output/output.ts";
import type { Spawner } from "../../src/supervisor/workers/spawner.ts";
import { SupervisorLink } from "../../src/worker/supervisor_link.ts";
import { MAX_FRAME_SIZE } from "../../src/supervisor/ipc/channel.ts";
import { OPERATION, packFrame } from "../../src/cluster/drivers/local_frame.ts";
import { MessageBroker } from "../../src/supervisor/ipc/message_broker.ts";
import { WorkerBus } from "../../src/cluster/drivers/local.ts";
import { APP, COMMANDS, HEADERS, LETTER, ORDERS, STATE, WORKER_MESSAGES } from "./samples.ts";
import { mutatedBytes, mutatedJson, randomNumbers } from "./mutations.ts";

/** How many messages each channel takes. */
const MESSAGES = 100_000;

/** The runs are the same every time: a failure is one for everybody. */
const SEED = 20_261_127;

const encoder = new TextEncoder();
const random = randomNumbers(SEED);

/** An end that nobody reads, and what makes bytes arrive there. */
class FakeSocket {
  handlers: LocalSocketHandlers | undefined;
  closed = false;

  readonly end: UnreadSocket = (handlers) => {
    this.handlers = handlers;
    return {
      bufferedBytes: 0,
      descriptor: 7,
      write: () => {},
      end: () => Promise.resolve(this.#close()),
      destroy: () => this.#close(),
      pause: () => {},
      resume: () => {},
    };
  };

  #close(): void {
    if (this.closed) return;
    this.closed = true;
    // As the runtimes do: later.
    queueMicrotask(() => this.handlers?.onClose());
  }
}

function frame(payload: Uint8Array, kind: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5 + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length + 1);
  bytes[4] = kind;
  bytes.set(payload, 5);
  return bytes;
}

/** One of these messages, as bytes of a channel that are almost right. */
function almost(messages: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const message = messages[random(messages.length)];
  if (random(4) === 0) {
    return mutatedBytes(frame(encoder.encode(JSON.stringify(message)), 0), random);
  }
  return frame(encoder.encode(mutatedJson(message, random)), random(16) === 0 ? 1 : 0);
}

/** Feeds messages to one socket after another: each as long as it takes them. */
async function feed(
  make: () => FakeSocket,
  next: () => Uint8Array<ArrayBuffer>,
  count = MESSAGES,
): Promise<{ refused: number }> {
  let refused = 0;
  let socket = make();
  for (let sent = 0; sent < count; sent++) {
    socket.handlers!.onBytes(next());
    // What was cut would wait for the rest of it.
    if (!socket.closed && random(8) > 0) continue;
    if (socket.closed) refused++;
    else socket.handlers!.onClose();
    await Promise.resolve();
    socket = make();
  }
  assert(refused > count / 100, "too few were refused");
  return { refused };
}

const NO_LOG = {
  log: { write() {} } as unknown as Log,
  output: { write() {} } as unknown as Output,
};

/** What workers say to each other. */
const FRAMES = [
  packFrame(OPERATION.publish, "goer.control", envelope()),
  packFrame(OPERATION.subscribe, "goer.control"),
  packFrame(OPERATION.unsubscribe, "goer.control"),
  packFrame(OPERATION.subscribed, "goer.control", encoder.encode("[1,2]")),
  packFrame(OPERATION.alive, "", encoder.encode("[1,2]")),
  packFrame(OPERATION.gone, "", encoder.encode("1")),
];

function envelope(): Uint8Array {
  return packEnvelope({
    from: "site:1",
    type: "message",
    service: "service",
    to: { kind: "group", name: "room" },
  }, "content");
}

Deno.test("an invalid message of a worker only ends its own channel", async () => {
  let socket = new FakeSocket();
  const spawner = {
    worker: () => ({ pid: 0, exited: new Promise(() => {}), channel: socket.end, outputs: [] }),
  } as unknown as Spawner;
  const events: string[] = [];
  const pool = new WorkerPool(spawner, NO_LOG, (event) => events.push(event.event));
  const group = { key: "1", workers: 1, services: [], user: "", group: "" };
  let id = 0;
  await feed(
    () => {
      socket = new FakeSocket();
      if (id % 50 === 49) void pool.statistics();
      pool.spawn(
        { id: id++ % 20 + 1, group: "1", slot: 0, generation: 1, state: "starting" },
        group,
        [],
      );
      return socket;
    },
    () =>
      random(8) === 0 ? frame(mutatedBytes(FRAMES[random(6)], random), 1) : almost(WORKER_MESSAGES),
  );
  assert(events.includes("worker-ready") && events.includes("worker-recycles"));
  await new Promise((resolve) => setTimeout(resolve, 1500)); // Those that were cut off are noticed.
});

Deno.test("only the first result of the process that loads the app counts", async () => {
  let socket = new FakeSocket();
  const spawner = {
    load: () => ({ pid: 0, exited: new Promise(() => {}), channel: socket.end, outputs: [] }),
  } as unknown as Spawner;
  const outcomes = { loaded: 0, failed: 0, asked: 0 };
  const log = new Log("supervisor", { write() {} });
  const loader = new AppLoader(spawner, log, {
    onLoaded(app) {
      outcomes.loaded++;
      layoutOf(app);
    },
    onFailed: () => outcomes.failed++,
  });
  const messages = [{ type: "loaded", app: APP }, { type: "failed", reason: "an error" }];
  await feed(() => {
    loader.cancel();
    socket = new FakeSocket();
    outcomes.asked++;
    loader.start();
    return socket;
  }, () => almost(messages));
  assert(outcomes.loaded > 100 && outcomes.failed > 100);
  assert(outcomes.loaded + outcomes.failed <= outcomes.asked);
});

Deno.test("an invalid message on the control socket only ends that connection", async () => {
  const heard = new Set<string>();
  const server = new ControlServer({
    onCommand: ({ command, now = false }) => heard.add(`${command} ${typeof now}`),
    onFault() {},
    onCallerGone() {},
  });
  await feed(() => {
    const socket = new FakeSocket();
    const wrapped = socket.end({ onBytes() {}, onClose() {} });
    socket.handlers = server.accept(wrapped);
    return socket;
  }, () => almost(COMMANDS));
  const known = ["connections", "status", "stop", "wait"].map((command) => `${command} boolean`);
  assertEquals([...heard].toSorted(), known);
});

Deno.test("a control socket continues after any input", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/control.sock`;
  const server = new ControlServer({
    onCommand: (_, reply) => reply({ type: "progress", text: "heard" }),
    onFault() {},
    onCallerGone() {},
  });
  await server.listen(path);
  const send = async (bytes: Uint8Array) => {
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(bytes);
    await connection.closeWrite();
    return await connection.read(new Uint8Array(64)).catch(() => null);
  };
  for (let count = 0; count < MESSAGES / 50; count++) await send(almost(COMMANDS));
  const command = encoder.encode(JSON.stringify(COMMANDS[0]));
  assert(await send(frame(command, 0)) !== null);
  server.endAll();
  server.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an invalid message of a supervisor only ends the connection to it", async () => {
  const heard = new Set<string>();
  const bus = new WorkerBus(() => {}, MAX_FRAME_SIZE);
  await feed(() => {
    const socket = new FakeSocket();
    new SupervisorLink(socket.end, {
      onOrder: (order) => heard.add(order.type),
      onBytes: (bytes) => bus.receive(bytes),
      onAway() {},
      onReturn: () => bus.returned(),
      onBack() {},
      onOrphaned() {},
    });
    return socket;
  }, () => random(8) === 0 ? frame(mutatedBytes(FRAMES[random(6)], random), 1) : almost(ORDERS));
  assertEquals([...heard].toSorted(), [
    "connections",
    "drain",
    "serve",
    "statistics",
  ]);
});

Deno.test("any saved state is either taken over or refused", () => {
  assertEquals(descriptorsOf(parseSavedState(JSON.stringify(STATE), "state")), [10, 12, 14]);
  assertEquals(parseLetter(JSON.stringify(LETTER))?.role, "worker");
  let taken = 0;
  for (let count = 0; count < MESSAGES; count++) {
    const text = mutatedJson(STATE, random);
    try {
      const saved = parseSavedState(text, "state");
      assert(renumbered(saved).descriptors.every(Number.isInteger));
      taken++;
    } catch (error) {
      assert(error instanceof GoerError, String(error));
    }
    parseLetter(mutatedJson(LETTER, random));
  }
  assert(taken > 100 && taken < MESSAGES / 2, `${taken} were taken`);
});

Deno.test("an invalid message between workers does not affect the others", async () => {
  const board = new MessageBroker();
  const buses = [1, 2].map((worker) => {
    const port = {
      bufferedBytes: 0,
      sendBytes: (bytes: Uint8Array): void => bus.receive(bytes),
      destroy() {},
    };
    const bus: WorkerBus = new WorkerBus(
      (bytes) => void board.receive(bytes, port, worker),
      MAX_FRAME_SIZE,
    );
    return { bus, port, worker };
  });
  const received: string[] = [];
  const service: ClusterService = {
    name: "service",
    facts: { serves: true, listens: true, topics: ["topic"] },
    receive: (header) => received.push(header.type),
    answer: () => 1,
    listenerCame() {},
    nodeGone() {},
    busFailed() {},
  };
  const options = { prefix: "goer", maxQueue: 1000, timeout: 50 };
  const clusters = buses.map(({ bus, worker }) => {
    const cluster = new Cluster({ site: "site", worker, slot: worker, generation: 1 }, options);
    cluster.connectLocal(bus);
    return cluster;
  });
  for (const cluster of clusters) await cluster.attach(service, true);
  const [{ port }] = buses;
  for (let count = 0; count < MESSAGES; count++) {
    const head = encoder.encode(mutatedJson(HEADERS[random(HEADERS.length)], random));
    const packed = new Uint8Array(7 + head.length);
    packed.set([0x67, 0x01, random(6)]);
    new DataView(packed.buffer).setUint32(3, head.length);
    packed.set(head, 7);
    const message = random(4) === 0 ? mutatedBytes(packed, random) : packed;
    const sent = packFrame(OPERATION.publish, clusters[1].names.broadcast("service"), message);
    board.receive(random(4) === 0 ? mutatedBytes(sent, random) : sent, port, 1);
    if (count % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  assert(received.includes("message") && received.includes("joined"), String(new Set(received)));
  for (const cluster of clusters) await cluster.close();
});
