/**
 * The cost of a KiB from a peer: as clients send it, and in the most expensive form. Clients send
 * one message and wait for the reply. Expensive messages are sent as fast as the socket takes them,
 * so they are compared with ordinary ones in bulk, which cost far less than single ones. The CPU
 * time of the whole service counts, including the system's for reading and writing.
 */

import { assertEquals } from "@std/assert";
import { bytesOf } from "../helpers/session_harness.ts";
import { testInTurn } from "../helpers/runtimes.ts";
import { serve } from "../helpers/serve.ts";
import { Socket } from "../helpers/socket.ts";
import { type Parser, PARSERS } from "./inputs.ts";

/** How many times as much as ordinary messages in bulk anything may cost. */
const MAX_TIMES = 10;

/** Other processes can disturb a measurement, so results that seem expensive are measured again. */
const TRIES = 6;

/** How many bytes are sent for a measurement, and how many ordinary messages. */
const SIZE = 64 * 1024;
const MESSAGES = 200;

/** A service in a process whose CPU time is measured. */
class Measured {
  readonly #address: string;
  readonly #clock: Socket;
  readonly #parser: Parser;

  constructor(address: string, clock: Socket, parser: Parser) {
    this.#address = address;
    this.#clock = clock;
    this.#parser = parser;
  }

  /** What a KiB costs, in µs. */
  async costOf(message: string, ordinary: boolean): Promise<number> {
    const { once } = this.#parser;
    const count = ordinary ? MESSAGES : Math.ceil(SIZE / message.length);
    const before = await this.#processorTime();
    if (once) { for (let index = 0; index < count / 4; index++) await this.#send([message]); }
    else if (ordinary) await this.#send(Array(count).fill(message));
    else await this.#flood(bytesOf(message.repeat(count)));
    const time = await this.#processorTime() - before;
    return time / ((once ? Math.ceil(count / 4) : count) * message.length / 1024);
  }

  async #processorTime(): Promise<number> {
    await this.#clock.send("\n");
    return Number(await this.#clock.line());
  }

  async #open(): Promise<Deno.TcpConn> {
    const { hostname, port } = new URL(this.#address.replace(/^\w+:/, "http:"));
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    const { before } = this.#parser;
    if (before !== undefined) await exchange(connection, before);
    return connection;
  }

  /** Sends messages one by one, each after the reply to the previous one. */
  async #send(messages: readonly string[]): Promise<void> {
    using connection = await this.#open();
    for (const message of messages) await exchange(connection, message);
  }

  /** Sends everything, until all has been answered or the service closes the connection. */
  async #flood(bytes: Uint8Array): Promise<void> {
    using connection = await this.#open();
    const writing = writeAll(connection, bytes).then(() => connection.closeWrite()).catch(() => {});
    const answer = new Uint8Array(65_536);
    while (await connection.read(answer).catch(() => null) !== null);
    await writing;
  }
}

async function exchange(connection: Deno.TcpConn, message: string): Promise<void> {
  await writeAll(connection, bytesOf(message));
  await connection.read(new Uint8Array(65_536));
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length;) {
    start += await connection.write(bytes.subarray(start));
  }
}

/** A row of the table. */
interface Row {
  parser: string;
  /** Single messages, and messages in bulk. */
  ordinary: number;
  bulk: number;
  largest: number;
  input: string;
}

async function measure(service: Measured, { name, ordinary, expensive }: Parser): Promise<Row> {
  const row: Row = { parser: name, ordinary: Infinity, bulk: Infinity, largest: 0, input: "" };
  for (let round = 0; round < 2; round++) {
    row.ordinary = Math.min(row.ordinary, await service.costOf(ordinary, true));
    row.bulk = Math.min(row.bulk, await service.costOf(ordinary, false));
  }
  for (const [input, message] of Object.entries(expensive)) {
    let largest = await service.costOf(message, false);
    for (let attempt = 1; attempt < TRIES && largest > MAX_TIMES / 2 * row.bulk; attempt++) {
      largest = Math.min(largest, await service.costOf(message, false));
    }
    if (largest > row.largest) Object.assign(row, { largest, input });
  }
  return row;
}

function print(rows: readonly Row[]): void {
  console.log("\nµs for each KiB          ordinary  in bulk  largest  times  input");
  for (const { parser, ordinary, bulk, largest, input } of rows) {
    const numbers = [ordinary, bulk, largest, largest / bulk].map((number, index) => {
      return number.toFixed(1).padStart(index < 3 ? 9 : 7);
    });
    console.log(`${parser.padEnd(24)}${numbers.join("")}  ${input}`);
  }
}

testInTurn("a KiB from a peer takes at most ten times the usual time", async (runtime) => {
  await using served = await serve<Record<string, string>>(
    runtime,
    "tests/hostile/fixtures/costs.ts",
  );
  using clock = await Socket.connect(served.ready.time);
  const rows: Row[] = [];
  for (const parser of PARSERS) {
    rows.push(await measure(new Measured(served.ready[parser.service], clock, parser), parser));
  }
  print(rows);
  const expensive = rows.filter(({ bulk, largest }) => largest > MAX_TIMES * bulk);
  assertEquals(expensive, []);
});
