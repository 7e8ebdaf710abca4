// Uses connections over UDP for datagram_test.ts: each line is the name of a scenario, and is answered
// with what the scenario has seen.

import { createSocket } from "node:dgram";
import { connect, Goer, type Server, text } from "../../mod.ts";
import { codeOf, type Scenarios, serveScenarios, until } from "./scenarios.ts";

function start(port = 0): Promise<Server<string>> {
  const goer = new Goer(`text+udp://127.0.0.1:${port}`, { protocol: text });
  goer.onMessage = (connection, line) => {
    if (line !== "silence") connection.send(`re: ${line}`);
  };
  return goer.listen();
}

const scenarios: Scenarios<Server<string>> = {
  async "answers"(server, log) {
    const client = await connect(server.address, {
      protocol: text,
      state: () => ({ answers: 0 }),
      onConnect: (connection) => void log.push("connected", connection.transport),
      onMessage(connection, line) {
        connection.state.answers++;
        log.push(line);
      },
      onClose: (connection) => void log.push("closed", connection.state.answers),
    });
    log.push(client.send("one"));
    await until(() => log.includes("re: one"));
    log.push(await client.request("two"), client.remoteAddress === server.address.split("//")[1]);
    client.close("silence");
    client.close();
    await until(() => log.includes("closed"));
    log.push(client.open, client.send("late"), await codeOf(client.request("late")));
    log.push(client.bytesRead, client.bytesWritten);
  },
  async "strangers"(server, log) {
    const client = await connect(server.address, {
      protocol: text,
      onMessage: (_, line) => void log.push(line),
    });
    const port = Number(client.localAddress.split(":").at(-1));
    const stranger = createSocket("udp4");
    await new Promise<void>((sent) => stranger.send("I am", port, "127.0.0.1", () => sent()));
    stranger.close();
    log.push(await client.request("me"));
    client.close();
  },
  async "lost answers"(server, log) {
    const client = await connect(server.address, { protocol: text, maxPendingRequests: 1 });
    const lost = codeOf(client.request("silence", { timeout: 20 }));
    log.push(await codeOf(client.request("too many")), await lost);
    log.push(await client.request("next"), client.pendingRequests);
    const closed = codeOf(client.request("silence"));
    client.destroy();
    log.push(await closed);
  },
  async "mistakes of the app"(server, log) {
    const client = await connect(server.address, {
      protocol: text,
      onMessage: () => {
        throw new RangeError();
      },
      onError: (_, error) => void log.push(error.code),
      onClose: () => void log.push("closed"),
    });
    log.push(
      await codeOf(new Promise((sent) => sent(client.send("x".repeat(70_000))))),
      client.open,
    );
    client.send("one");
    await until(() => log.includes("closed"));
  },
  async "closed port"(server, log) {
    const client = await connect(server.address, {
      protocol: text,
      onError: (_, error) => void log.push(error.code),
    });
    const port = Number(server.address.split(":").at(-1));
    await server.close();
    log.push(await codeOf(client.request("one", { timeout: 500 })));
    await using again = await start(port);
    log.push(await client.request("two"), again.address === server.address);
    client.close();
  },
};

await serveScenarios(scenarios, () => start(), (server) => server.close());
