import { assertEquals } from "@std/assert";
import { makeCertificate, NO_OPENSSL } from "../helpers/certificate.ts";
import { queueOf } from "../helpers/queue.ts";
import { until } from "../helpers/wait.ts";
import { testOnEach } from "../helpers/runtimes.ts";
import { Socket } from "../helpers/socket.ts";
import { echoes } from "../helpers/unix_sockets.ts";
import { App, freePort } from "./app.ts";

/** How many descriptors each process gets: enough to start. */
const DESCRIPTORS = 160;

for (const transport of ["tcp", "unix"]) {
  testOnEach(
    `a worker without free descriptors continues, and serves ${transport} again`,
    async (runtime) => {
      await using app = await App.write(runtime, "");
      const address = transport === "tcp"
        ? `text://127.0.0.1:${freePort()}`
        : `text+unix://${app.folder}/s`;
      await app.rewrite(
        `export default { listen: "${address}",
          onMessage: (connection, line) => void connection.send(line) };`,
      );
      const { code, error } = await app.run([
        "prlimit",
        `--nofile=${DESCRIPTORS}`,
        ...app.words("start", "--daemon"),
      ]);
      assertEquals(code, 0, error);
      const before = await app.workers();
      const crowd = await Promise.all(
        Array.from({ length: DESCRIPTORS * 2 }, () => Socket.connect(address)),
      );
      // The worker checks its resources every 500 ms.
      await new Promise((resolve) => setTimeout(resolve, 1200));
      assertEquals(await app.workers(), before);
      for (const socket of crowd) socket.close();
      assertEquals(await until("an answer", () => echoes(address).catch(() => false)), true);
      assertEquals(await app.workers(), before);
    },
  );
}

testOnEach("the backlog applies to the sockets of workers", async (runtime) => {
  const [port, tlsPort] = [freePort(), freePort()];
  await using certificate = await makeCertificate();
  await using app = await App.write(runtime, "");
  const path = `${app.folder}/s`;
  await app.rewrite(
    `import { readFileSync } from "node:fs";
    const tls = {
      cert: readFileSync("${certificate.certFile}", "utf8"),
      key: readFileSync("${certificate.keyFile}", "utf8"),
    };
    const onMessage = (connection, line) => void connection.send(line);
    export default [
      { listen: "text://127.0.0.1:${port}", backlog: 77, onMessage },
      { listen: "text+tls://127.0.0.1:${tlsPort}", backlog: 78, tls, onMessage },
      { listen: "text+unix://${path}", backlog: 79, onMessage },
    ];`,
  );
  await app.start();
  assertEquals(await queueOf(`127.0.0.1:${port}`), 77);
  assertEquals(await queueOf(`127.0.0.1:${tlsPort}`), 78);
  assertEquals(await queueOf(path), 79);
}, NO_OPENSSL);
