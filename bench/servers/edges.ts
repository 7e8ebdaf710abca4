// Servers for bench/edges.ts. The argument is the mode: "plain", "limits", "proxy" (each answers each
// chunk), "tls", "bare-tls" (each sends back what it gets). TLS has two more: certificate and key.

import { readFileSync } from "node:fs";
import process from "node:process";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { Goer, type GoerOptions, type Protocol } from "../../mod.ts";

const [mode, certFile, keyFile] = process.argv.slice(2);
const RESPONSE = new TextEncoder().encode("hello\n");
const MANY = 1_000_000_000;

type Options = GoerOptions<Protocol<Uint8Array, Uint8Array | string>>;

const OPTIONS: Record<string, Options> = {
  plain: {},
  limits: {
    clientLimits: {
      maxConnections: MANY,
      connectionsPerSecond: MANY,
      messagesPerSecond: MANY,
      bytesPerSecond: MANY,
      deny: ["192.0.2.0/24"],
      allow: ["10.0.0.0/8"],
    },
  },
  proxy: { proxyProtocol: { from: ["127.0.0.0/8"] } },
};

async function listen(): Promise<string> {
  const options = OPTIONS[mode];
  if (options !== undefined) {
    const goer = new Goer("tcp://127.0.0.1:0", options);
    goer.onMessage = (connection) => void connection.send(RESPONSE);
    return (await goer.listen()).address;
  }
  const tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  if (mode === "tls") {
    const goer = new Goer("tls://127.0.0.1:0", { tls });
    goer.onMessage = (connection, chunk) => void connection.send(chunk);
    return (await goer.listen()).address;
  }
  const server = createServer({ ...tls, minVersion: "TLSv1.2" }, (socket) => {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `tls://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

console.log(JSON.stringify({ addresses: [await listen()] }));
process.on("SIGTERM", () => process.exit(0));
