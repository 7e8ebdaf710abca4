import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { serverNameIn } from "../../src/runtime/shared/client_hello.ts";

/** The records of a ClientHello for a name, with `size` bytes of the message in each. */
function clientHello(name: string | undefined, size = 16_384): Uint8Array {
  const host = new TextEncoder().encode(name ?? "");
  const serverName = name === undefined ? [] : part(2, 0, 0, ...[
    ...number(host.length + 5),
    ...number(host.length + 3),
    0,
    ...number(host.length),
    ...host,
  ]).slice(2);
  const extensions = [0, 23, 0, 0, ...serverName];
  const body = [3, 3, ...new Array(32).fill(7), 0, ...part(2, 0x13, 1), 1, 0];
  const whole = [...body, ...part(2, ...extensions)];
  const message = [1, 0, ...number(whole.length), ...whole];
  const records: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    records.push(22, 3, 1, ...part(2, ...message.slice(at, at + size)));
  }
  return new Uint8Array(records);
}

/** Bytes after their length. */
function part(size: 1 | 2, ...bytes: number[]): number[] {
  return [...size === 1 ? [bytes.length] : number(bytes.length), ...bytes];
}

function number(value: number): number[] {
  return [value >> 8, value & 0xff];
}

Deno.test("the name of the server is read from a ClientHello, in any records", () => {
  for (const size of [1, 2, 7, 100, 16_384]) {
    assertEquals(serverNameIn(clientHello("A.example", size)), "a.example");
    assertEquals(serverNameIn(clientHello(undefined, size)), "");
  }
});

Deno.test("a ClientHello that is not complete needs more bytes", () => {
  for (const size of [3, 16_384]) {
    const whole = clientHello("a.example", size);
    for (let at = 1; at < whole.length; at++) {
      assertEquals([at, serverNameIn(whole.subarray(0, at))], [at, undefined]);
    }
  }
});

Deno.test("broken bytes have no name", () => {
  const whole = clientHello("a.example");
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 });
  fc.assert(
    fc.property(changes, (changes) => {
      const bytes = whole.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      const name = serverNameIn(bytes);
      assertEquals(name === undefined || typeof name === "string", true);
    }),
    { seed: 21, numRuns: 5000 },
  );
  assertEquals(serverNameIn(new Uint8Array(70_000).fill(22)), "");
});
