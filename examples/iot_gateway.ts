// Devices connect over TCP, and commands arrive over HTTP: two services, in any number of workers.
// A command reaches its device in any worker.
//
//   deno run -A mod.ts start examples/iot_gateway.ts --workers=2
//   nc 127.0.0.1 9000                                       type: login lamp
//   curl http://127.0.0.1:9001/devices                      {"devices":["lamp"]}
//   curl http://127.0.0.1:9001/devices/lamp --data 'on'     the lamp receives: command on

import { Goer, text } from "@goer/goer";
import process from "node:process";

const DEVICES = process.env.DEVICES ?? "text://127.0.0.1:9000";
const COMMANDS = process.env.COMMANDS ?? "http://127.0.0.1:9001";

/** The devices. Each line is a message, and the first one contains the name of the device. */
const devices = new Goer(DEVICES, {
  name: "devices",
  protocol: text,
  state: () => ({ reports: 0 }),
});

devices.onMessage = async (connection, line) => {
  const [, name] = line.match(/^login (.+)$/) ?? [];
  if (name !== undefined) {
    connection.user = name;
    await connection.join("devices"); // From now on, commands from every worker reach it.
    connection.send(`hello ${name}, you are at worker ${process.pid}`);
  } else if (connection.user === undefined) {
    connection.close("error: say login and your name first");
  } else {
    connection.state.reports++;
    connection.send(`ok ${connection.state.reports}`);
  }
};

/** The commands. */
const commands = new Goer(COMMANDS, {
  name: "commands",
  async fetch(request) {
    const [, collection, name] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    if (collection !== "devices") return new Response("not found", { status: 404 });
    if (!name) {
      const members = await devices.members("devices");
      return Response.json({ devices: members.map((member) => member.user) });
    }
    if (request.method !== "POST") return new Response("use POST", { status: 405 });
    const command = await request.text();
    if (/[\r\n]/.test(command)) return new Response("one line only", { status: 400 });
    if (!await devices.isOnline(name)) return new Response(`${name} is offline`, { status: 404 });
    devices.toUser(name).send(`command ${command}`);
    return Response.json({ sent: command, worker: process.pid }, { status: 202 });
  },
});

export default [devices, commands];
