// Goer's WebSocket echo.

import process from "node:process";
import { Goer } from "../../mod.ts";

const goer = new Goer("websocket://127.0.0.1:0", { maxConnections: 100_000 });
goer.onMessage = (connection, message) => connection.send(message);
const service = await goer.listen();
console.log(JSON.stringify({ addresses: service.addresses }));
process.on("SIGTERM", () => process.exit(0));
