// Listens with the TLS options of its control service, for tls_options_test.ts.

import process from "node:process";
import { Goer, type GoerError, type Server, type TlsIdentity } from "../../mod.ts";

const servers: Server[] = [];

/** Answers each request of a proxy with its client. */
async function listenWeb(tls: TlsIdentity): Promise<string> {
  const goer = new Goer("https://127.0.0.1:0", { tls, trustedProxies: ["127.0.0.1"] });
  goer.onMessage = (connection, { client: { address, protocol } }) => {
    const { serverName } = connection.tls!;
    connection.send(JSON.stringify({ client: address, protocol, serverName }));
  };
  const server = await goer.listen();
  servers.push(server as Server);
  return server.address;
}

/** Answers each line with what the handshake has agreed on. */
async function listen({ web, ...tls }: TlsIdentity & { web?: boolean }): Promise<string> {
  try {
    if (web) return await listenWeb(tls);
    const goer = new Goer("text+tls://127.0.0.1:0", { tls });
    goer.onMessage = (connection) => connection.close(JSON.stringify(connection.tls));
    const server = await goer.listen();
    servers.push(server as Server);
    return server.address;
  } catch (error) {
    const { code, option, message } = error as GoerError;
    return `${code} ${option}: ${message}`;
  }
}

const control = new Goer("text://127.0.0.1:0");
control.onMessage = async (connection, line) => {
  connection.send(await listen(JSON.parse(line)));
};

const server = await control.listen();
servers.push(server as Server);
process.on("SIGTERM", () => Promise.all(servers.map((server) => server.close())));
console.log(JSON.stringify(server.address));
