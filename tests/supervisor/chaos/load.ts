/**
 * Clients that continuously send requests: on a connection per request, on connections that are
 * kept for a while, on long-lived ones, and with datagrams.
 *
 * @module
 */

import { Client, type Target } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import { CONNECTION_LIFE, type Places } from "./shape.ts";
import { pause } from "./waiting.ts";

/** How long a client waits between two requests, in ms. */
const REST = 40;

/** How long a client with a long-lived connection waits. */
const LONG_REST = 100;

/** The behaviour of a kind of client. */
interface Manner {
  name: string;
  target: Target;
  /**
   * Makes a request; returns the process id of the worker, and whether the connection stays open.
   */
  request(client: Client): Promise<{ pid: number; goesOn: boolean }>;
  /** How long it keeps a connection, in ms. */
  life: number;
  /** True if a draining worker may end its connection during a request. */
  mayEnd: boolean;
  rest: number;
}

/** The clients of a service. */
export class Load implements AsyncDisposable {
  readonly #ledger: Ledger;
  readonly #clients: Promise<void>[];
  readonly #stopping = new AbortController();
  readonly #datagrams: Deno.DatagramConn;

  constructor(places: Places, ledger: Ledger) {
    this.#ledger = ledger;
    this.#clients = manners(places).map((manner) => this.#run(manner));
    this.#datagrams = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    this.#clients.push(this.#sendDatagrams(places.udp), this.#receiveDatagrams());
  }

  /** How many datagrams got a reply. */
  answeredDatagrams = 0;

  async #run(manner: Manner): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#useConnection(manner);
      await pause(manner.rest);
    }
  }

  /** Sends requests on one connection until it is old or ends. */
  async #useConnection({ name, target, request, life, mayEnd, rest }: Manner): Promise<void> {
    const start = performance.now();
    let from = start;
    let pid: number | undefined;
    let client: Client | undefined;
    try {
      client = await Client.connect(target);
      while (true) {
        const answer = await request(client);
        this.#ledger.requests++;
        pid = answer.pid;
        if (!answer.goesOn || performance.now() - start >= life) return;
        if (this.#stopping.signal.aborted) return;
        await pause(rest);
        from = performance.now();
      }
    } catch (error) {
      this.#ledger.requests++;
      const { message } = error as Error;
      const whose = pid === undefined ? "" : ` (worker process ${pid})`;
      const what = `${name}${whose}: ${message}`;
      this.#ledger.lose({ what, pid, mayEnd, from, to: performance.now() });
    } finally {
      client?.[Symbol.dispose]();
    }
  }

  async #sendDatagrams(port: number): Promise<void> {
    const bytes = new TextEncoder().encode("pid\n");
    while (!this.#stopping.signal.aborted) {
      await this.#datagrams.send(bytes, { transport: "udp", hostname: "127.0.0.1", port })
        .catch(() => {});
      await pause(REST);
    }
    this.#datagrams.close();
  }

  async #receiveDatagrams(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // If nothing listens, the system reports it to the receiver.
      await this.#datagrams.receive().then(() => this.answeredDatagrams++, () => pause(REST));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#clients);
  }
}

function manners({ http, text }: Places): Manner[] {
  const once = { life: 0, mayEnd: false, rest: REST };
  const kept = { life: CONNECTION_LIFE, mayEnd: false, rest: REST };
  const lasting = { life: Infinity, mayEnd: true, rest: LONG_REST };
  const byHttp = {
    target: { port: http },
    async request(client: Client) {
      const { body, goesOn } = await client.http();
      return { pid: Number(body), goesOn };
    },
  };
  const byLines = (line: string) => ({
    target: { port: text },
    request: async (client: Client) => ({ pid: Number(await client.line(line)), goesOn: true }),
  });
  return [
    { name: "http", ...byHttp, ...once },
    { name: "http", ...byHttp, ...once },
    { name: "lines", ...byLines("pid"), ...once },
    { name: "lines", ...byLines("pid"), ...once },
    { name: "slow lines", ...byLines("slow"), ...once },
    { name: "kept http", ...byHttp, ...kept },
    { name: "kept lines", ...byLines("pid"), ...kept },
    { name: "lasting lines", ...byLines("pid"), ...lasting },
    { name: "lasting lines", ...byLines("slow"), ...lasting },
  ];
}
