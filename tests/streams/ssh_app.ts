// An SSH server by ssh2 on connections of Goer, for libraries_test.ts.

import process from "node:process";
import { Goer } from "../../mod.ts";
import { toDuplex } from "../../node.ts";

// The bundle for Node and Bun is a module, in which a CommonJS library finds no folder of its own.
Object.assign(globalThis, { __dirname: import.meta.dirname });
const { default: ssh2 } = await import("ssh2");

/** What is used of ssh2, which has no types of its own. */
interface Emitter {
  on(event: string, listener: (...values: never[]) => void): void;
}

interface Channel {
  write(text: string): void;
  exit(code: number): void;
  end(): void;
}

function serveClient(client: Emitter): void {
  client.on("error", () => {});
  client.on("authentication", (authentication: { accept(): void }) => authentication.accept());
  client.on("session", (accept: () => Emitter) => {
    accept().on("exec", (accepted: () => Channel, _: unknown, { command }: { command: string }) => {
      const channel = accepted();
      channel.write(`you said ${command}\n`);
      channel.exit(0);
      channel.end();
    });
  });
}

/** ssh2 drops the zeros that a public key begins with, so that it cannot read one of 256 keys. */
function makeHostKey(): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

const shells = new ssh2.Server({ hostKeys: [makeHostKey()] }, serveClient);
const ssh = new Goer("tcp://127.0.0.1:0");
ssh.onConnect = (connection) => void shells.injectSocket(toDuplex(connection));

const server = await ssh.listen();
process.on("SIGTERM", async () => {
  await server.close({ graceful: false });
  process.exit(0);
});
console.log(JSON.stringify({ ssh: Number(server.address.split(":").at(-1)) }));
