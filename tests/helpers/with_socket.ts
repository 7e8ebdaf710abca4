// Runs the command in its arguments with a listening loopback socket as descriptor 3, as a
// supervisor or systemd would. Runs on Node, which can pass any descriptor to a child.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import process from "node:process";

const server = createServer();
server.listen({ host: "127.0.0.1", port: 0 }, () => {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const [command, ...args] = process.argv.slice(2);
  const child = spawn(command, args, {
    stdio: ["inherit", "inherit", "inherit", fd],
  });
  server.close();
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(signal === null ? code! : 1));
});
