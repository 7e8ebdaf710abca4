// Listens on addresses at the same moments as other processes, and keeps those that it got. Prints
// the error codes as JSON, with an empty one for each address that it got. Closes them at SIGTERM.

import process from "node:process";
import { type Connection, Goer, type Server } from "../../mod.ts";

/** The time between two addresses, in ms. */
const PACE = 20;

const [start, ...addresses] = process.argv.slice(2);
const services: Server[] = [];

function echo(connection: Connection<Uint8Array>, message: Uint8Array): void {
  connection.send(message);
}

async function listen(address: string, index: number): Promise<string> {
  const moment = Number(start) + index * PACE;
  await new Promise((resolve) => setTimeout(resolve, moment - Date.now() - PACE / 2));
  while (Date.now() < moment);
  try {
    services.push(await new Goer(address as "tcp://", { onMessage: echo }).listen() as Server);
    return "";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const codes = await Promise.all(addresses.map(listen));
process.on("SIGTERM", async () => {
  await Promise.all(services.map((service) => service.close()));
  clearInterval(alive);
});
const alive = setInterval(() => {}, 1000);
console.log(JSON.stringify(codes));
