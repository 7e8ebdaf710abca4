/**
 * Adapts a protocol's three functions to a session.
 *
 * @module
 */

import { MORE, type Session } from "../protocol/session.ts";
import type { PacketProtocol, Protocol, SessionContext } from "../protocol/protocol.ts";
import type { ReceiveBuffer, SendBuffer } from "../protocol/buffers.ts";
import { madeOnce } from "../bytes/once.ts";
import { isBytes, typeName } from "../bytes/outgoing.ts";
import { logFault, watchPromise } from "../calls.ts";
import { packetTooLarge, ProtocolError } from "../errors.ts";
import { isPromiseLike } from "../promises.ts";

/** Opens a session of `protocol`, which can have either form. */
export function openSession<In, Out>(
  protocol: Protocol<In, Out>,
  context: SessionContext<In, Out>,
): Session<In, Out> {
  if ("open" in protocol) return protocol.open(context);
  return new PacketSession(protocol, context);
}

class PacketSession<In, Out> implements Session<In, Out> {
  readonly #protocol: PacketProtocol<In, Out>;
  readonly #context: SessionContext<In, Out>;
  /** The length of the packet that is being received, once known. */
  #length = 0;

  constructor(protocol: PacketProtocol<In, Out>, context: SessionContext<In, Out>) {
    this.#protocol = protocol;
    this.#context = context;
  }

  read(buffer: ReceiveBuffer): In | typeof MORE {
    const length = this.#length || this.#measure(buffer);
    if (length === 0) return MORE;
    if (length > buffer.length) {
      this.#length = length;
      buffer.expect(length);
      return MORE;
    }
    this.#length = 0;
    const packet = buffer.view(0, length);
    buffer.consume(length);
    const message = this.#protocol.decode(packet, this.#context.connection);
    if (isPromiseLike(message)) throw this.#late("decode", message);
    return message;
  }

  write(message: Out, out: SendBuffer, shared?: Map<unknown, Uint8Array>): void {
    if (shared === undefined || !this.#protocol.encodeOnce) out.give(this.#encode(message));
    else out.give(madeOnce(shared, this.#protocol, () => this.#encode(message)));
  }

  #encode(message: Out): Uint8Array {
    const packet: unknown = this.#protocol.encode(message, this.#context.connection);
    if (isBytes(packet)) return packet;
    if (isPromiseLike(packet)) throw this.#late("encode", packet);
    throw new TypeError(
      `The protocol ${this.#protocol.name} must encode a message to a Uint8Array: ` +
        `it returned ${typeName(packet)}`,
    );
  }

  /** Observes the promise, so that its rejection is not unhandled. */
  #late(name: string, promise: PromiseLike<unknown>): TypeError {
    watchPromise(promise, logFault);
    return new TypeError(
      `The protocol ${this.#protocol.name} must return from ${name} synchronously: it returned ${
        typeName(promise)
      }`,
    );
  }

  #measure(buffer: ReceiveBuffer): number {
    const { connection, maxPacketSize } = this.#context;
    const length = this.#protocol.input(buffer.view(0, buffer.length), connection);
    if (isPromiseLike(length)) throw this.#late("input", length);
    if (!Number.isInteger(length) || length < 0) {
      throw new ProtocolError(
        `The protocol ${this.#protocol.name} returned an invalid length: expected a whole number from 0, got ${length}`,
      );
    }
    if (length > maxPacketSize) throw packetTooLarge(length, maxPacketSize);
    if (length === 0 && buffer.length >= maxPacketSize) {
      throw packetTooLarge(buffer.length, maxPacketSize);
    }
    return length;
  }
}
