// Protocol libraries from npm on connections of Goer, for libraries_test.ts: a broker of MQTT, a
// store that speaks RESP, an SMTP server and a server of Postgres.

import { readFileSync } from "node:fs";
import process from "node:process";
import { Aedes } from "aedes";
import { PostgresConnection } from "pg-gateway";
import RedisParser from "redis-parser";
import { SMTPServer } from "smtp-server";
import { type Connection, Goer } from "../../mod.ts";
import { toDuplex } from "../../node.ts";

/** Serves each connection with a library, as a socket of Node. */
function service(serve: (socket: ReturnType<typeof toDuplex>) => void): Goer<"tcp://127.0.0.1:0"> {
  const goer = new Goer("tcp://127.0.0.1:0");
  goer.onConnect = (connection) => serve(toDuplex(connection as Connection<Uint8Array | string>));
  return goer;
}

const [certFile, keyFile] = process.argv.slice(2);
const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };

const broker = await Aedes.createBroker();

const values = new Map<string, string>();

function redis(socket: ReturnType<typeof toDuplex>): void {
  const parser = new RedisParser({
    returnReply([name, key, value]: string[]) {
      if (name.toUpperCase() === "SET") {
        values.set(key, value);
        socket.write("+OK\r\n");
      } else if (name.toUpperCase() === "GET") {
        const found = values.get(key);
        socket.write(found === undefined ? "$-1\r\n" : `$${found.length}\r\n${found}\r\n`);
      } else socket.write(`-ERR unknown command ${name}\r\n`);
    },
    returnError: () => socket.destroy(),
  });
  socket.on("data", (bytes) => parser.execute(bytes)).on("end", () => socket.end());
  socket.on("error", () => {});
}

let mails = "";
const mailer = new SMTPServer({
  disableReverseLookup: true,
  disabledCommands: ["AUTH"],
  onData(stream, _, done) {
    stream.on("data", (bytes: Uint8Array) => mails += bytes).on("end", () => done());
  },
});
mailer.on("error", () => {});

/** A message of the protocol of Postgres: a letter, a length, the content. */
function message(letter: string, ...content: (number | string)[]): number[] {
  const encoder = new TextEncoder();
  const bytes = content.flatMap((part) =>
    typeof part === "number" ? [part] : [...encoder.encode(part)]
  );
  const length = bytes.length + 4;
  return [letter.charCodeAt(0), 0, 0, length >> 8, length & 0xff, ...bytes];
}

/** The first byte of a query. */
const QUERY = 0x51;

/** Answers each query with one row: its text. */
function postgres(socket: ReturnType<typeof toDuplex>): void {
  const gateway = new PostgresConnection(socket as never, {
    authMode: "none",
    tls,
    onMessage(data, { isAuthenticated }) {
      if (!isAuthenticated || data[0] !== QUERY) return false;
      const query = new TextDecoder().decode(data.subarray(5, -1));
      const type = [0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]; // text
      const column = ["query", 0, 0, 0, 0, 0, 0, 0, ...type];
      gateway.sendData(Uint8Array.from([
        ...message("T", 0, 1, ...column),
        ...message("D", 0, 1, 0, 0, query.length >> 8, query.length & 0xff, query),
        ...message("C", "SELECT 1", 0),
        ...message("Z", "I"),
      ]));
      return true;
    },
  });
  socket.on("error", () => gateway.socket.destroy());
}

const control = new Goer("text://127.0.0.1:0");
control.onMessage = (connection) => void connection.send(JSON.stringify(mails));

const services = {
  mqtt: service((socket) => void broker.handle(socket)),
  redis: service(redis),
  // The types of libraries name a socket of node:net, of which they use what a Duplex has.
  smtp: service((socket) => {
    (mailer as unknown as { connect(socket: unknown, options: object): void }).connect(socket, {});
  }),
  postgres: service(postgres),
  control,
};
const servers = await Promise.all(Object.values(services).map((goer) => goer.listen()));
process.on("SIGTERM", async () => {
  await Promise.all(servers.map((server) => server.close({ graceful: false })));
  process.exit(0);
});
const ports = servers.map(({ address }) => Number(address.split(":").at(-1)));
console.log(
  JSON.stringify(
    Object.fromEntries(Object.keys(services).map((name, index) => [name, ports[index]])),
  ),
);
