// Goer's WebSocket echo; with the argument "broadcast" each message goes to all connections.

import process from "node:process";
import { Goer } from "../../mod.ts";

const goer = new Goer("websocket://127.0.0.1:0", { maxConnections: 100_000 });
goer.onMessage = process.argv[2] !== "broadcast"
  ? (connection, message) => connection.send(message)
  : (_, message) => goer.broadcast(message);
const service = await goer.listen();
console.log(JSON.stringify({ addresses: service.addresses }));
process.on("SIGTERM", () => process.exit(0));
