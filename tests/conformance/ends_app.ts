// Services whose connections end for different reasons, for ends_test.ts. `statistics` counts them.

import process from "node:process";
import { type AnyProtocol, Goer, type Server } from "../../mod.ts";

const lines = new Goer("text://127.0.0.1:0", { maxPacketSize: 100 });
lines.onMessage = (connection, line) => {
  if (line === "close") return connection.close("closing");
  if (line === "destroy") return connection.destroy();
  if (line === "throw") throw new Error("as asked");
  connection.send(line);
};
const idle = new Goer("text://127.0.0.1:0", { idleTimeout: 20 });
const web = new Goer("http://127.0.0.1:0", { fetch: () => new Response("hello") });
const stopping = new Goer("text://127.0.0.1:0");
stopping.onConnect = (connection) => void connection.send("hello");

const servers: Record<string, Server> = {};
for (const [name, goer] of Object.entries({ lines, idle, web, stopping })) {
  // Errors are as expected.
  goer.options.logger = () => {};
  servers[name] = await (goer as Goer<never, AnyProtocol>).listen();
}
const statistics = await new Goer("http://127.0.0.1:0", {
  fetch: async ({ url }) => {
    const name = new URL(url).pathname.slice(1);
    if (name === "stopping") await servers.stopping.close();
    return Response.json(servers[name].statistics);
  },
}).listen();
process.on("SIGTERM", () => {
  return Promise.all([...Object.values(servers), statistics].map((server) => server.close()));
});
const addresses = Object.entries(servers).map(([name, { address }]) => [name, address]);
console.log(JSON.stringify({ ...Object.fromEntries(addresses), statistics: statistics.address }));
