/**
 * What the edges of a service cost: limits per client and the PROXY header, each in a short
 * connection; and TLS, over bare `node:tls`. Arguments choose runtimes: `deno task bench:edges node`.
 *
 * @module
 */

import { makeCertificate } from "../tests/helpers/certificate.ts";
import { RUNTIMES } from "../tests/helpers/runtimes.ts";
import { compare, type Load } from "./helpers/compare.ts";
import { printMeasured } from "./helpers/table.ts";

/** How often each server is loaded. */
const ROUNDS = 15;
/** How often before that. Bun compiles what TLS runs only after tens of thousands of messages. */
const WARMUPS = 10;
/** How long each load takes, in ms. */
const DURATION = 1000;
/** How many clients there are at the same time. */
const CLIENTS = 8;
/** The size of a message over TLS, in bytes. */
const MESSAGE_SIZE = 64;

/** A header and a line: a service without `proxyProtocol` answers to both together. */
const SHORT = new TextEncoder().encode("PROXY TCP4 192.0.3.1 127.0.0.1 4711 443\r\nhello\n");

/** Runs clients until the time is up, and returns how many operations they have done. */
async function clients(client: (more: () => boolean) => Promise<number>): Promise<number> {
  const end = performance.now() + DURATION;
  const more = () => performance.now() < end;
  const counts = await Promise.all(Array.from({ length: CLIENTS }, () => client(more)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Connects, sends, receives, and ends. */
const shortConnections: Load = ({ port }) =>
  clients(async (more) => {
    const chunk = new Uint8Array(64);
    let count = 0;
    for (; more(); count++) {
      using conn = await Deno.connect({ port: Number(port) });
      await conn.write(SHORT);
      if (await conn.read(chunk) !== 6) throw new Error("expected an answer");
    }
    return count;
  });

/** Sends messages one after another over TLS. */
function messages(cert: string): Load {
  return ({ port }) =>
    clients(async (more) => {
      const options = { hostname: "localhost", port: Number(port), caCerts: [cert] };
      using conn = await Deno.connectTls(options);
      const message = new Uint8Array(MESSAGE_SIZE).fill(120);
      const chunk = new Uint8Array(1024);
      let count = 0;
      for (; more(); count++) {
        await conn.write(message);
        for (let got = 0; got < MESSAGE_SIZE;) got += await conn.read(chunk) ?? Infinity;
      }
      return count;
    });
}

await using certificate = await makeCertificate();
const { certFile, keyFile, cert } = certificate;
const chosen = RUNTIMES.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));
const app = "bench/servers/edges.ts";
console.log("\nshort connections");
for (const runtime of chosen) {
  const candidates = ["plain", "limits", "proxy"].map((mode) => {
    return { name: `${runtime.name}, ${mode}`, runtime, app, args: [mode] };
  });
  printMeasured(
    "connection",
    await compare(candidates, shortConnections, { rounds: ROUNDS, warmups: 3 }),
  );
}
console.log("\nTLS");
for (const runtime of chosen) {
  const candidates = ["bare-tls", "tls"].map((mode) => {
    const args = [mode, certFile, keyFile];
    return { name: `${runtime.name}, ${mode}`, runtime, app, args };
  });
  printMeasured(
    "message",
    await compare(candidates, messages(cert), { rounds: ROUNDS, warmups: WARMUPS }),
  );
}
