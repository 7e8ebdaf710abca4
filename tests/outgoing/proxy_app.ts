// Connects through proxies for proxy_test.ts: each line is an address with options, and is answered
// with what the service there has answered, or with the error.

import process from "node:process";
import { connect, Goer, type GoerError, text } from "../../mod.ts";

const control = new Goer("text://127.0.0.1:0");
control.onMessage = async (asker, line) => {
  const { address, ...options } = JSON.parse(line);
  try {
    const connection = await connect(address, { protocol: text, ...options });
    const first = await connection.request("first");
    const second = await connection.request("second");
    connection.close();
    asker.send(JSON.stringify([first, second]));
  } catch (error) {
    const { code, message } = error as GoerError;
    asker.send(JSON.stringify({ code, message }));
  }
};
const server = await control.listen();
process.on("SIGTERM", () => server.close());
console.log(JSON.stringify(server.address));
