/**
 * Connects through a proxy: SOCKS5 (RFC 1928), or HTTP with CONNECT (RFC 9110, section 9.3.6).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type * as net from "node:net";
import { SocksClient } from "socks";
import { GoerError } from "../../errors.ts";
import { formatHostPort } from "../sockets/endpoint.ts";
import type { InetEndpoint, ProxyServer } from "../runtime.ts";

/** The longest answer of a proxy to CONNECT, in bytes: as long as the head of a request. */
const MAX_ANSWER = 16_384;

/**
 * Makes a socket to the proxy a tunnel to the target.
 *
 * @param socket A socket that is connected to the proxy.
 * @throws {GoerError} `GOER_CONNECT_FAILED` if the proxy refuses.
 */
export async function openTunnel(
  socket: net.Socket,
  proxy: ProxyServer,
  target: InetEndpoint,
): Promise<void> {
  try {
    await (proxy.protocol === "http" ? askHttp : askSocks)(socket, proxy, target);
  } catch (cause) {
    const [to, by] = [
      formatHostPort(target.host, target.port),
      formatHostPort(proxy.host, proxy.port),
    ];
    const message = `Cannot connect to ${to} by way of ${by}: ${(cause as Error).message}`;
    throw new GoerError("GOER_CONNECT_FAILED", message, { cause });
  }
}

async function askSocks(
  socket: net.Socket,
  { host, port, user, password }: ProxyServer,
  destination: InetEndpoint,
): Promise<void> {
  const asking = SocksClient.createConnection({
    proxy: { host, port, type: 5, userId: user, password },
    command: "connect",
    destination,
    existing_socket: socket,
  });
  // The library only notices a proxy that closes the connection, not one that ends its side.
  let ended!: () => void;
  const ending = new Promise<never>((_, reject) => ended = () => reject(endedError()));
  socket.once("end", ended);
  await Promise.race([asking, ending]).finally(() => socket.off("end", ended));
}

function endedError(): Error {
  return new Error("The proxy ended the connection");
}

/** Sends CONNECT, and reads the head of the answer. What follows it stays in the socket. */
function askHttp(
  socket: net.Socket,
  { user, password = "" }: ProxyServer,
  { host, port }: InetEndpoint,
): Promise<void> {
  const target = formatHostPort(host, port);
  const credentials = user === undefined
    ? ""
    : `Proxy-Authorization: Basic ${Buffer.from(`${user}:${password}`).toString("base64")}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`);
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const finish = (error?: Error) => {
      socket.off("readable", read);
      socket.off("end", ended);
      socket.off("error", finish);
      if (error === undefined) resolve();
      else reject(error);
    };
    const ended = () => finish(endedError());
    const read = () => {
      for (let chunk: Uint8Array | null; (chunk = socket.read()) !== null;) {
        answer = Buffer.concat([answer, chunk]);
        const end = answer.indexOf("\r\n\r\n");
        if (end === -1 && answer.length <= MAX_ANSWER) continue;
        const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(answer.toString("latin1")) ?? [];
        if (end === -1 || !status) return finish(new Error("The proxy does not speak HTTP"));
        if (!status.startsWith("2")) return finish(new Error(`The proxy answered ${status}`));
        const rest = answer.subarray(end + 4);
        finish();
        if (rest.length > 0) socket.unshift(rest);
        return;
      }
    };
    socket.on("readable", read);
    socket.once("end", ended);
    socket.once("error", finish);
  });
}
