/**
 * Clients that ask a service all the while: on a connection for each request, on connections that are
 * kept for a while, on some that last, and by datagrams.
 *
 * @module
 */

import { Client, type Target } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import { CONNECTION_LIFE, type Places } from "./shape.ts";
import { pause } from "./waiting.ts";

/** How long a client rests between two requests, in ms. */
const REST = 40;

/** How long one rests that has a connection which lasts. */
const LONG_REST = 100;

/** How a kind of client goes about it. */
interface Manner {
  name: string;
  target: Target;
  /** Makes a request; the id of the process that answers, and whether the connection goes on. */
  request(client: Client): Promise<{ pid: number; goesOn: boolean }>;
  /** For how long it keeps a connection, in ms. */
  life: number;
  /** A worker that leaves may end its connection with a request under way. */
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

  /** How many datagrams were answered. */
  answeredDatagrams = 0;

  async #run(manner: Manner): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#useConnection(manner);
      await pause(manner.rest);
    }
  }

  /** Asks on one connection until it is old, or ends. */
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
      // Where nobody listens, the system says so to who receives.
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
