// Services whose applications make all kinds of mistakes, as their names say. A control service
// returns the reported errors. An uncaught error ends the process.

import process from "node:process";
import { type Connection, Goer, type GoerOptions, type Server } from "../../mod.ts";
import { createHttp, HttpResponse } from "../../protocols/http/mod.ts";
import { createWebSocket } from "../../protocols/websocket/mod.ts";
import { type PacketProtocol, type SessionProtocol, text } from "../../protocols/mod.ts";

const TEXT = "text://127.0.0.1:0";
const TCP = "tcp://127.0.0.1:0";

const reported: Record<string, string[]> = {};
const listening: Record<string, string> = {};
const services: Server[] = [];

/** A promise of another library, which calls back late. */
function thenable(error: unknown): PromiseLike<never> {
  return {
    then(_: unknown, reject: (error: unknown) => void) {
      setTimeout(() => reject(error), 1);
    },
  } as PromiseLike<never>;
}

/** A promise whose `then` throws. */
const broken = () => ({
  then() {
    throw new Error("mistake in then");
  },
});

/** The ways to fail. */
const WAYS: Record<string, (name: string) => unknown> = {
  throws(name) {
    throw new Error(`mistake in ${name}`);
  },
  rejects: (name) => Promise.reject(new Error(`mistake in ${name}`)),
  thenable: (name) => thenable(new Error(`mistake in ${name}`)),
  broken,
  null: () => Promise.reject(null),
  bare: () => Promise.reject(Object.create(null)),
};

const packets: PacketProtocol<unknown> = {
  name: "packets",
  input: (buffer) => buffer.length,
  decode: (packet) => new TextDecoder().decode(packet),
  encode: (message) => new TextEncoder().encode(String(message)),
};

/** A session of raw text with failing functions. */
function session(failing: string): SessionProtocol<string> {
  const open = text.open;
  return {
    name: "session",
    open(context) {
      if (failing === "open") throw new TypeError("mistake in open");
      if (failing === "timer") {
        context.after(1, () => {
          throw new TypeError("mistake in timer");
        });
      }
      return Object.assign(open(context), {
        [failing]() {
          throw new TypeError(`mistake in ${failing}`);
        },
      });
    },
  };
}

async function start(
  name: string,
  address: string,
  { onError, ...options }: { [option: string]: unknown; onError?: () => unknown },
): Promise<void> {
  reported[name] = [];
  const note = (_: Connection, error: Error) => {
    reported[name].push(`${error.name}: ${error.message}`);
    return onError?.();
  };
  const goer = new Goer(address, { onError: note, ...options } as GoerOptions);
  const service = await goer.listen();
  services.push(service as Server);
  listening[name] = service.address;
}

for (const [way, fail] of Object.entries(WAYS)) {
  const echo = (connection: Connection<string>, line: string) => void connection.send(line);
  for (const handler of ["onConnect", "onMessage", "onClose", "onBufferFull", "onError"]) {
    const more = handler === "onError" ? { onMessage: () => WAYS.throws("first") } : {};
    const size = handler === "onBufferFull"
      ? {
        maxSendBufferSize: 1,
        onMessage: (connection: Connection<string>) => {
          for (let count = 0; count < 3; count++) connection.send("x".repeat(4_000_000));
        },
      }
      : {};
    await start(`${handler} ${way}`, TEXT, {
      onMessage: echo,
      ...more,
      ...size,
      [handler]: () => fail(handler),
    });
  }
  await start(`state ${way}`, TEXT, { onMessage: echo, state: () => fail("state") });
  await start(`onPong ${way}`, TCP, {
    protocol: createWebSocket({ onPong: () => fail("onPong") }),
  });
  await start(`onUpgrade ${way}`, TCP, {
    protocol: createWebSocket({ onUpgrade: () => fail("onUpgrade") as never }),
  });
  await start(`accessLog ${way}`, TCP, {
    protocol: createHttp({ accessLog: { write: () => fail("accessLog") } }),
    onMessage: (connection: Connection<string>) => void connection.send("answer"),
  });
  for (const part of ["input", "decode", "encode"]) {
    await start(`${part} ${way}`, TCP, {
      protocol: { ...packets, [part]: () => fail(part) },
      onMessage: (connection: Connection<unknown>, message: unknown) =>
        void connection.send(message),
    });
  }
  await start(`return ${way}`, TCP, {
    protocol: createHttp(),
    onMessage: (connection: Connection<HttpResponse>) => {
      const piece = new Uint8Array(1000);
      const iterator = {
        next: () => new Promise((resolve) => setTimeout(resolve, 1, { value: piece })),
        return: () => fail("return"),
      };
      connection.send(new HttpResponse({ [Symbol.asyncIterator]: () => iterator } as never));
    },
  });
  await start(`trailers ${way}`, TCP, {
    protocol: createHttp(),
    onMessage: (connection: Connection<HttpResponse>) => {
      const body = new Blob(["body"]).stream();
      connection.send(new HttpResponse(body, { trailers: () => fail("trailers") as never }));
    },
  });
  await start(`fetch ${way}`, "http://127.0.0.1:0", { fetch: () => fail("fetch") });
  await start(`onDrain ${way}`, TEXT, {
    maxSendBufferSize: 1,
    onMessage: (connection: Connection<string>) => {
      connection.send("x".repeat(16_000_000));
      connection.send("full");
    },
    onBufferFull: () => void (reported[`full onDrain ${way}`] = ["full"]),
    onBufferDrain: () => fail("onDrain"),
  });
  await start(`cancel ${way}`, TCP, {
    protocol: createHttp(),
    onMessage: (connection: Connection<HttpResponse>) => {
      const stream = new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          controller.enqueue(new Uint8Array(1000));
        },
        cancel: () => fail("cancel") as never,
      });
      connection.send(new HttpResponse(stream));
    },
  });
}

for (const failing of ["open", "timer", "read", "peerEnded", "end", "closing", "closed"]) {
  await start(`session ${failing}`, TCP, {
    protocol: session(failing),
    onMessage: (connection: Connection<string>, line: string) => {
      if (/read|closing|closed/.test(failing)) connection.close(line);
    },
  });
}
for (const wrong of ["a string", undefined, 42, new Uint16Array(2), [1]]) {
  await start(`encode gives ${wrong}`, TCP, {
    protocol: { ...packets, encode: () => wrong },
    onMessage: (connection: Connection<unknown>) => void connection.send("x"),
  });
}
await start("decode TypeError", TCP, {
  protocol: { ...packets, decode: () => (null as unknown as string).length },
});
await start("datagram state", "text+udp://127.0.0.1:0", { state: () => WAYS.throws("state") });
await start("datagram thenable", "text+udp://127.0.0.1:0", {
  onMessage: () => WAYS.thenable("onMessage"),
});
await start("datagram decode", "udp://127.0.0.1:0", {
  protocol: { ...packets, decode: () => WAYS.throws("decode") },
});

const control = new Goer(TEXT, {
  onMessage: (connection, line) => void connection.send(JSON.stringify(reported[line] ?? null)),
});
const controlling = await control.listen();
listening.control = controlling.address;
process.on("SIGTERM", async () => {
  await Promise.all([...services, controlling].map((service) => service.close()));
});
console.log(JSON.stringify(listening));
