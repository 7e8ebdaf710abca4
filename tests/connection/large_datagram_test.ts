import { assertEquals } from "@std/assert";
import { Goer, type GoerError } from "../../mod.ts";
import { inTime } from "../helpers/wait.ts";

/** Sends as many bytes as the datagram asks for; returns the size of the answer, or its error. */
async function answerOf(hostname: string, size: number): Promise<string> {
  const answered = Promise.withResolvers<string>();
  const goer = new Goer(`udp://${hostname.includes(":") ? `[${hostname}]` : hostname}:0`, {
    onMessage(connection, message) {
      try {
        const bytes = new Uint8Array(Number(new TextDecoder().decode(message)));
        answered.resolve(connection.send(bytes));
      } catch (error) {
        answered.resolve(`${(error as GoerError).code}: ${(error as Error).message}`);
        connection.send("still open");
      }
    },
  });
  await using service = await goer.listen();
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  const port = Number(/\d+$/.exec(service.address)![0]);
  await socket.send(new TextEncoder().encode(String(size)), { transport: "udp", hostname, port });
  const [bytes] = await inTime(socket.receive(new Uint8Array(65_536)), "A datagram");
  socket.close();
  return `${(await answered.promise).replace(/ to .*?: a/, ": a")}, then ${bytes.length} bytes`;
}

Deno.test("a message that no datagram can carry is refused, and the next one is sent", async () => {
  assertEquals(await answerOf("127.0.0.1", 65_507), "accepted, then 65507 bytes");
  assertEquals(
    await answerOf("127.0.0.1", 65_508),
    "GOER_PACKET_TOO_LARGE: Cannot send 65508 bytes: a datagram carries at most 65507. Send several, then 10 bytes",
  );
  assertEquals(await answerOf("::1", 65_527), "accepted, then 65527 bytes");
  assertEquals(
    await answerOf("::1", 65_528),
    "GOER_PACKET_TOO_LARGE: Cannot send 65528 bytes: a datagram carries at most 65527. Send several, then 10 bytes",
  );
});
