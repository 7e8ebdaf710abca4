// Services over TLS, with the certificate and key of its arguments, for tls_test.ts.

import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { connect, Goer, type GoerError } from "../../mod.ts";

const [certFile, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
const events: string[] = [];

const raw = new Goer("tls://127.0.0.1:0", { tls });
raw.onMessage = (connection, bytes) => {
  bytes.slice(0, 16).fill(0); // A copy, as everywhere.
  connection.send(bytes);
};
raw.onConnect = () => void events.push("connect");
raw.onClose = ({ remoteAddress }) => void events.push(`close ${remoteAddress}`);

/** Does what a line asks for, and returns the answer or the error. */
async function answer(line: string): Promise<string> {
  try {
    return await act(line);
  } catch (error) {
    const { code, message } = error as GoerError;
    return `${code}: ${message}`;
  }
}

async function act(line: string): Promise<string> {
  switch (line) {
    case "events":
      return events.join(" ");
    case "forget":
      events.length = 0;
      return line;
    case "later":
      await new Promise((resolve) => setTimeout(resolve, 300));
      return line;
    case "listen with an invalid key":
      await new Goer("tls://127.0.0.1:0", { tls: { ...tls, key: "none" } }).listen();
      return "listening";
    case "listen with a key of another certificate":
      await new Goer("tls://127.0.0.1:0", { tls: { ...tls, key: otherKey() } }).listen();
      return "listening";
    case "connect with trust":
      return await echoOf("trusted", { ca: tls.cert });
    case "connect without trust":
      return await echoOf("untrusted", {});
    default:
      return line;
  }
}

function otherKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Sends a line to the service itself, and returns what comes back. */
async function echoOf(line: string, trust: { ca?: string }): Promise<string> {
  let onMessage!: (connection: unknown, line: string) => void;
  const echoed = new Promise<string>((resolve) => onMessage = (_, line) => resolve(line));
  const connection = await connect(services[1].address, { tls: trust, onMessage } as never);
  connection.send(line as never);
  const answer = await echoed;
  connection.close();
  return answer;
}

const lines = new Goer("text+tls://127.0.0.1:0", { tls });
lines.onMessage = async (connection, line) => {
  if (line === "bye") connection.close("last");
  else if (line === "address") connection.send(connection.remoteAddress);
  else connection.send(await answer(line));
};

const hurried = new Goer("tls://127.0.0.1:0", { tls: { ...tls, handshakeTimeout: 200 } });

const services = await Promise.all([raw, lines, hurried].map((goer) => goer.listen()));
process.on("SIGTERM", () => Promise.all(services.map((service) => service.close())));
console.log(JSON.stringify(services.map(({ addresses }) => addresses[0])));
