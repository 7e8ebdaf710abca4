import { assertEquals } from "@std/assert";
import { text } from "../../protocols/text.ts";
import type { PacketProtocol } from "../../src/protocol/protocol.ts";
import { openHarness, turns } from "../helpers/session_harness.ts";

const shout: PacketProtocol<string> = {
  name: "shout",
  input: (buffer) => buffer.length,
  decode: (packet) => new TextDecoder().decode(packet),
  encode: (message) => new TextEncoder().encode(`${message.toUpperCase()}!`),
};

Deno.test("only raw: true bypasses the protocol, in send and in close", async () => {
  for (const [protocol, encoded] of [[text, "a\n"], [shout, "A!"]] as const) {
    for (const options of [undefined, null, {}, { raw: false }, { raw: undefined }]) {
      using peer = openHarness(protocol);
      peer.connection.send("a", options as { raw: false });
      peer.connection.close("a", options as { raw: false });
      await turns();
      assertEquals([options, peer.sent], [options, encoded.repeat(2)]);
    }
    using peer = openHarness(protocol);
    peer.connection.send("a", { raw: true });
    peer.connection.close("a", { raw: true });
    await turns();
    assertEquals(peer.sent, "aa");
  }
});
