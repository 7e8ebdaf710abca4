import { assertEquals } from "@std/assert";
import { type Certificate, makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { inTime } from "../helpers/wait.ts";
import { serve, type Served } from "../helpers/serve.ts";
import { shareOnEach } from "../helpers/shared.ts";
import { Socket } from "../helpers/socket.ts";
import { portOf, RawClient } from "../websocket/client.ts";
import { frame, PING, PONG, text } from "../websocket/frames.ts";

/** The deadlines of deadlines_app.ts, in ms. */
const DEADLINE = 600;

/** Waits until all of them are over. */
function pass(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, DEADLINE * 2));
}

/** The running app, and its certificate. */
interface Setting {
  served: Served<string[]>;
  certificate: Certificate;
}

const testDeadlines = shareOnEach<Setting>(async (runtime, stack) => {
  const certificate = stack.use(await makeCertificate());
  const args = [certificate.certFile, certificate.keyFile, String(DEADLINE)];
  const app = "tests/conformance/deadlines_app.ts";
  const served = stack.use(await serve<string[]>(runtime, app, { args }));
  return { served, certificate };
}, NO_OPENSSL);

/** Clients with one deadline each, which they meet while the app does nothing. */
class Clients implements Disposable {
  readonly #certificate: Certificate;
  readonly #sockets: Socket[];
  readonly #webSocket: RawClient;
  readonly #secure: Deno.TcpConn;
  #handshake: Promise<Deno.TlsConn> | undefined;

  private constructor(
    certificate: Certificate,
    sockets: Socket[],
    webSocket: RawClient,
    secure: Deno.TcpConn,
  ) {
    this.#certificate = certificate;
    this.#sockets = sockets;
    this.#webSocket = webSocket;
    this.#secure = secure;
  }

  /** Makes the app wait for all of them. */
  static async open([http, webSocket, secure, idle]: string[], certificate: Certificate) {
    const client = await RawClient.open(portOf(webSocket));
    assertEquals((await inTime(client.frame(), "A ping"))?.opcode, PING);
    const sockets = await Promise.all([http, http, http, idle].map(Socket.connect));
    const [head, body, kept, silent] = sockets;
    await kept.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
    await responseOf(kept);
    await silent.send("first\n");
    assertEquals(await silent.line(), "first");
    await head.send("GET /head HTTP/1.1\r\n");
    await body.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo");
    const hostname = "127.0.0.1";
    const tcp = await Deno.connect({ hostname, port: portOf(secure) });
    return new Clients(certificate, sockets, client, tcp);
  }

  /** Each client meets its deadline. */
  async keep(): Promise<void> {
    const [head, body, kept, silent] = this.#sockets;
    await this.#webSocket.write(frame({ opcode: PONG }));
    await head.send("Host: x\r\n\r\n");
    await body.send("dy");
    await kept.send("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
    await silent.send("second\n");
    const caCerts = [this.#certificate.cert];
    this.#handshake = Deno.startTls(this.#secure, { hostname: "localhost", caCerts })
      .then(async (conn) => {
        await conn.handshake();
        return conn;
      });
    this.#handshake.catch(() => {});
  }

  /** Each client is served. */
  async check(): Promise<void> {
    const [head, body, kept, silent] = this.#sockets;
    assertEquals(await responseOf(head), "/head");
    assertEquals(await responseOf(body), "body");
    assertEquals(await responseOf(kept), "/second");
    assertEquals(await silent.line(), "second");
    await this.#webSocket.write(text("alive"));
    let received = await inTime(this.#webSocket.frame(), "A message");
    while (received?.opcode === PING) {
      received = await inTime(this.#webSocket.frame(), "A message");
    }
    assertEquals(received && new TextDecoder().decode(received.payload), "alive");
    using conn = await inTime(this.#handshake!, "A handshake");
    await conn.write(new TextEncoder().encode("secure\n"));
    assertEquals(await inTime(conn.read(new Uint8Array(16)), "An answer"), 7);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
    this.#webSocket[Symbol.dispose]();
    if (this.#handshake === undefined) this.#secure.close();
  }
}

/** The body of an answer. */
async function responseOf(socket: Socket): Promise<string> {
  const status = await socket.line();
  assertEquals(status, "HTTP/1.1 200 OK\r");
  let length = 0;
  for (let line = await socket.line(); line !== "\r"; line = await socket.line()) {
    const found = /^content-length: (\d+)/i.exec(line);
    if (found !== null) length = Number(found[1]);
  }
  return await socket.text(length);
}

testDeadlines(
  "no client is disconnected by a deadline that passes while the process is stopped",
  async ({ served, certificate }) => {
    using clients = await Clients.open(served.ready, certificate);
    served.kill("SIGSTOP");
    await clients.keep();
    await pass();
    served.kill("SIGCONT");
    await clients.check();
  },
);

testDeadlines(
  "no client is disconnected by a deadline that passes while the event loop is blocked",
  async ({ served, certificate }) => {
    using control = await Socket.connect(served.ready[4]);
    using clients = await Clients.open(served.ready, certificate);
    await control.send(`${DEADLINE * 2}\n`);
    await clients.keep();
    assertEquals(await control.line(), "done");
    await clients.check();
  },
);

testDeadlines("setting the date back does not extend deadlines", async ({ served }) => {
  const [http, , , , control] = served.ready;
  using socket = await Socket.connect(control);
  using head = await Socket.connect(http);
  await head.send("GET /head HTTP/1.1\r\n");
  await socket.send("set back\n");
  assertEquals(await socket.line(), "done");
  assertEquals(await head.line(), "HTTP/1.1 408 Request Timeout\r");
  using later = await Socket.connect(http);
  await later.send("GET /head HTTP/1.1\r\n");
  assertEquals(await later.line(), "HTTP/1.1 408 Request Timeout\r");
});
