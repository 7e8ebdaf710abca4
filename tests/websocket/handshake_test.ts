import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect, Goer } from "../../mod.ts";
import { createWebSocket, type WebSocketOptions } from "../../protocols/websocket/mod.ts";
import { type Answer, handshake, type HandshakeInit, KEY, portOf, RawClient } from "./client.ts";
import { ACCEPT } from "./client.ts";
import { CLOSE, close, closeCode, joined, text, textOf } from "./frames.ts";

/** Serves an echo with `options` and returns the response to one handshake. */
async function answerTo(init: HandshakeInit, options: WebSocketOptions = {}): Promise<Answer> {
  await using service = await echo(options);
  using client = await RawClient.connect(portOf(service.address));
  await client.write(handshake(init));
  return await client.answer();
}

function echo(options: WebSocketOptions = {}) {
  const goer = new Goer("tcp://127.0.0.1:0", { protocol: createWebSocket(options) });
  goer.onMessage = (connection, message) => connection.send(message);
  return goer.listen();
}

Deno.test("the handshake of RFC 6455 section 1.3 gets the response given there", async () => {
  const { status, headers } = await answerTo({ headers: { "Sec-WebSocket-Key": KEY } });
  assertEquals(status, 101);
  assertEquals(headers.get("sec-websocket-accept"), ACCEPT);
  assertEquals(headers.get("upgrade"), "websocket");
  assertEquals(headers.get("connection"), "Upgrade");
  assertEquals(headers.get("sec-websocket-protocol"), null);
  assertEquals(headers.get("sec-websocket-extensions"), null);
});

/** Requests that are refused, with the status. */
const refused: Record<string, [HandshakeInit, number, string?]> = {
  "a method other than GET": [{ requestLine: "POST / HTTP/1.1" }, 405],
  "no Upgrade": [{ headers: { Upgrade: undefined } }, 426, "upgrade"],
  "another Upgrade": [{ headers: { Upgrade: "h2c" } }, 426, "upgrade"],
  "no Connection": [{ headers: { Connection: undefined } }, 426, "upgrade"],
  "a Connection without upgrade": [{ headers: { Connection: "keep-alive" } }, 426, "upgrade"],
  "no version": [
    { headers: { "Sec-WebSocket-Version": undefined } },
    426,
    "sec-websocket-version",
  ],
  "version 8": [{ headers: { "Sec-WebSocket-Version": "8" } }, 426, "sec-websocket-version"],
  "no key": [{ headers: { "Sec-WebSocket-Key": undefined } }, 400],
  "a short key": [{ headers: { "Sec-WebSocket-Key": "dGhlIHNhbXBsZQ==" } }, 400],
  "a key that is not base64": [
    { headers: { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" } },
    400,
  ],
  "subprotocols that are not tokens": [{ headers: { "Sec-WebSocket-Protocol": "a b" } }, 400],
  "a subprotocol twice": [{ headers: { "Sec-WebSocket-Protocol": "a, a" } }, 400],
  "an empty subprotocol": [{ headers: { "Sec-WebSocket-Protocol": "a,,b" } }, 400],
  "extensions that are malformed": [{ headers: { "Sec-WebSocket-Extensions": "a;;b" } }, 400],
  "no host": [{ headers: { Host: undefined } }, 400],
  "an invalid request line": [{ requestLine: "GET" }, 400],
};

for (const [what, [init, status, header]] of Object.entries(refused)) {
  Deno.test(`a handshake with ${what} gets ${status}`, async () => {
    const answer = await answerTo(init);
    assertEquals(answer.status, status, answer.text);
    if (header !== undefined) assert(answer.headers.has(header), answer.text);
  });
}

Deno.test("tokens in header lists are found in any case and among others", async () => {
  const headers = { Upgrade: "WebSocket", Connection: "keep-alive, UPGRADE" };
  assertEquals((await answerTo({ headers })).status, 101);
});

Deno.test("origins that are not listed are refused, and requests without an origin are accepted", async () => {
  const options = { origins: ["https://chat.example"] };
  const status = async (Origin: string | undefined) =>
    (await answerTo({ headers: { Origin } }, options)).status;
  assertEquals(await status("https://chat.example"), 101);
  assertEquals(await status("https://evil.example"), 403);
  assertEquals(await status("null"), 403);
  assertEquals(await status(undefined), 101);
  const asked = { origins: (origin: string) => origin.endsWith(".example") };
  assertEquals((await answerTo({ headers: { Origin: "https://a.example" } }, asked)).status, 101);
  assertEquals((await answerTo({ headers: { Origin: "https://a.test" } }, asked)).status, 403);
});

Deno.test("the first subprotocol in the client's list that the service supports is chosen", async () => {
  const headers = { "Sec-WebSocket-Protocol": "x, chat.v2, chat.v1" };
  const answer = await answerTo({ headers }, { subprotocols: ["chat.v1", "chat.v2"] });
  assertEquals(answer.headers.get("sec-websocket-protocol"), "chat.v2");
  const none = await answerTo({ headers }, { subprotocols: ["other"] });
  assertEquals([none.status, none.headers.get("sec-websocket-protocol")], [101, null]);
});

/** Offers, and the responses of a service with these options. */
const negotiations: [string, WebSocketOptions["compression"], string | null][] = [
  ["permessage-deflate", undefined, null],
  ["permessage-deflate", true, "permessage-deflate"],
  ["x-webkit-deflate-frame", true, null],
  ["permessage-deflate; server_max_window_bits=7", true, null],
  ["permessage-deflate; server_max_window_bits=16", true, null],
  ["permessage-deflate; server_max_window_bits=09", true, null],
  ["permessage-deflate; server_max_window_bits", true, null],
  ["permessage-deflate; server_no_context_takeover=1", true, null],
  ["permessage-deflate; unknown", true, null],
  ["permessage-deflate; client_max_window_bits; client_max_window_bits", true, null],
  ["permessage-deflate; client_max_window_bits", true, "permessage-deflate"],
  [
    "permessage-deflate; client_max_window_bits",
    { clientMaxWindowBits: 10 },
    "permessage-deflate; client_max_window_bits=10",
  ],
  [
    "permessage-deflate; client_max_window_bits=9",
    { clientMaxWindowBits: 10 },
    "permessage-deflate; client_max_window_bits=9",
  ],
  ["permessage-deflate", { clientMaxWindowBits: 10 }, "permessage-deflate"],
  [
    "permessage-deflate",
    { serverMaxWindowBits: 12, serverNoContextTakeover: true, clientNoContextTakeover: true },
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
    "server_max_window_bits=12",
  ],
  [
    "foo, permessage-deflate; unknown=1, permessage-deflate; server_max_window_bits=10",
    true,
    "permessage-deflate; server_max_window_bits=10",
  ],
];

for (const [offer, compression, header] of negotiations) {
  const options = JSON.stringify(compression);
  Deno.test(`the response to "${offer}" is "${header}" under ${options}`, async () => {
    const headers = { "Sec-WebSocket-Extensions": offer };
    const answer = await answerTo({ headers }, { compression });
    assertEquals([answer.status, answer.headers.get("sec-websocket-extensions")], [101, header]);
  });
}

Deno.test("onUpgrade receives the request and can refuse it with a status, immediately or later", async () => {
  const options: WebSocketOptions = {
    onUpgrade({ target, headers }) {
      const decision = headers.get("authorization") === "Bearer right"
        ? undefined
        : { status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "Sign in first" };
      return target === "/later" ? Promise.resolve(decision) : decision;
    },
  };
  for (const target of ["/now", "/later"]) {
    const no = await answerTo({ target }, options);
    assertEquals([no.status, no.headers.get("www-authenticate")], [401, "Bearer"]);
    const yes = await answerTo({ target, headers: { Authorization: "Bearer right" } }, options);
    assertEquals(yes.status, 101);
  }
});

Deno.test("onUpgrade adds header fields and chooses the subprotocol", async () => {
  const { headers } = await answerTo(
    { headers: { "Sec-WebSocket-Protocol": "a, b" } },
    { onUpgrade: () => ({ headers: { "Set-Cookie": "seen=1" }, subprotocol: "b" }) },
  );
  assertEquals(headers.get("set-cookie"), "seen=1");
  assertEquals(headers.get("sec-websocket-protocol"), "b");
});

Deno.test("an onUpgrade that throws or rejects sends a 500", async () => {
  const fail = () => {
    throw new Error("no database");
  };
  for (const onUpgrade of [fail, () => Promise.reject(new Error("no database"))]) {
    const errors: string[] = [];
    const goer = new Goer("tcp://127.0.0.1:0", {
      protocol: createWebSocket({ onUpgrade }),
      onError: (_, error) => errors.push(error.code + error.message),
    });
    await using service = await goer.listen();
    using client = await RawClient.connect(portOf(service.address));
    await client.write(handshake());
    assertEquals((await client.answer()).status, 500);
    await client.rest();
    assertEquals(errors.length, 1);
    assertStringIncludes(errors[0], "GOER_HANDLER");
    assertStringIncludes(errors[0], "no database");
  }
});

Deno.test("frames sent together with the handshake are read after onUpgrade has decided", async () => {
  const options = { onUpgrade: () => new Promise<void>((resolve) => setTimeout(resolve, 5)) };
  await using service = await echo(options);
  using client = await RawClient.connect(portOf(service.address));
  await client.write(joined([handshake(), text("early"), close(1000)]));
  assertEquals((await client.answer()).status, 101);
  assertEquals(textOf((await client.frame())!.payload), "early");
});

Deno.test("onConnect is called after the handshake, and never without it", async () => {
  const seen: string[] = [];
  const protocol = createWebSocket();
  const goer = new Goer("tcp://127.0.0.1:0", {
    protocol,
    onConnect: (connection) => {
      seen.push(`connect ${protocol.details(connection).target}`);
      connection.send("welcome");
    },
    onClose: (connection) => {
      seen.push(`close ${protocol.details(connection).closeStatus?.code}`);
    },
  });
  await using service = await goer.listen();
  const port = portOf(service.address);
  for (const init of [{ requestLine: "POST / HTTP/1.1" }, { target: "/chat?room=1" }]) {
    using client = await RawClient.connect(port);
    await client.write(handshake(init));
    const { status } = await client.answer();
    if (status !== 101) continue;
    assertEquals(textOf((await client.frame())!.payload), "welcome");
    await client.write(close(4000));
    await client.rest();
  }
  await service.close();
  assertEquals(seen, ["connect /chat?room=1", "close 4000"]);
});

Deno.test("an http service can upgrade some requests and respond to the others", async () => {
  const protocol = createWebSocket({ origins: ["https://good.example"] });
  const goer = new Goer("http://127.0.0.1:0");
  goer.onMessage = (connection, request) => {
    if (request.path !== "/chat") return void connection.send("a page");
    return protocol.upgrade(connection, request, {
      onConnect: (socket) => void socket.send("welcome"),
      onMessage: (socket, message) => void socket.send(message),
    });
  };
  await using service = await goer.listen();
  const port = portOf(service.address);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  assertEquals(await page.text(), "a page");
  using refused = await RawClient.connect(port);
  await refused.write(handshake({ target: "/chat", headers: { Origin: "https://evil.example" } }));
  assertEquals((await refused.answer()).status, 403);
  using client = await RawClient.open(port, { target: "/chat" });
  await client.write(text("hello"));
  assertEquals(textOf((await client.frame())!.payload), "welcome");
  assertEquals(textOf((await client.frame())!.payload), "hello");
});

Deno.test("a client whose head never ends or is too large is disconnected", async () => {
  await using service = await echo({ handshakeTimeout: 50 });
  const port = portOf(service.address);
  using silent = await RawClient.connect(port);
  await silent.write(handshake().subarray(0, 20));
  assertStringIncludes(await silent.rest(), "408");
  using endless = await RawClient.connect(port);
  await endless.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nX: ${"x".repeat(40_000)}`));
  assertStringIncludes(await endless.rest(), "431");
});

Deno.test("a slow peer still reads the code and reason with which it is closed", async () => {
  const goer = new Goer("websocket://127.0.0.1:0", { maxSendBufferSize: 1000 });
  goer.onConnect = (connection) => {
    while (connection.send("x".repeat(100_000)) !== "full");
    connection.close({ code: 4008, reason: "too slow" });
  };
  await using service = await goer.listen();
  using client = await RawClient.open(portOf(service.address));
  for (let frame; (frame = await client.frame()) !== undefined;) {
    if (frame.opcode !== CLOSE) continue;
    assertEquals([closeCode(frame), textOf(frame.payload.slice(2))], [4008, "too slow"]);
    return;
  }
  throw new Error("no close frame");
});

// ---- the client ----

Deno.test("connect resolves after onConnect, and its handlers receive the messages", async () => {
  await using service = await echo({ compression: true, subprotocols: ["b"] });
  const events: string[] = [];
  const done = Promise.withResolvers<void>();
  const protocol = createWebSocket({ compression: { threshold: 8 }, subprotocols: ["a", "b"] });
  const address = service.address.replace("tcp:", "ws:") + "/path?query";
  const connection = await connect(address, {
    protocol,
    onConnect: (connection) => {
      const { target, subprotocol, compressed } = protocol.details(connection);
      events.push(`${target} ${subprotocol} ${compressed}`);
    },
    onMessage(connection, message) {
      events.push(typeof message === "string" ? message : `${message.length} bytes`);
      if (message === "the last message") connection.close();
    },
    onClose: (connection) => {
      events.push(`closed ${protocol.details(connection).closeStatus?.code}`);
      done.resolve();
    },
  });
  events.push("ready");
  for (const message of ["short", new Uint8Array(2000), "the last message"]) {
    connection.send(message);
  }
  await done.promise;
  assertEquals(events, [
    "/path?query b true",
    "ready",
    "short",
    "2000 bytes",
    "the last message",
    "closed 1000",
  ]);
});

/** Responses that do not upgrade. */
const wrong: Record<string, string> = {
  "The server answered 404": "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  "The server answered no HTTP": "HELLO\r\n\r\n",
  "The server's response does not upgrade to WebSocket": "HTTP/1.1 101 Switching Protocols\r\n" +
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
  "The server closed the connection before the end of its response": "HTTP/1.1 101 Swi",
  "The response head is larger than 16384 bytes": `HTTP/1.1 101 ${"x".repeat(20_000)}`,
};

for (const [reason, answer] of Object.entries(wrong)) {
  Deno.test(`connect fails if the response is wrong: ${reason}`, async () => {
    const goer = new Goer("tcp://127.0.0.1:0");
    goer.onMessage = (connection) => connection.close(new TextEncoder().encode(answer));
    await using service = await goer.listen();
    const address = service.address.replace("tcp:", "ws:");
    const error = await connect(address, {}).then(() => undefined, (error) => error);
    assertEquals(error?.code, "GOER_CONNECT_FAILED");
    assertEquals(error.message, `Cannot connect to ${address}: ${reason}`);
  });
}

Deno.test("connect fails if there is no response in time", async () => {
  await using service = await new Goer("tcp://127.0.0.1:0").listen();
  const address = service.address.replace("tcp:", "ws:");
  const error = await connect(address, { connectTimeout: 30 }).then(() => undefined, (e) => e);
  assertEquals(error?.code, "GOER_CONNECT_FAILED");
});
