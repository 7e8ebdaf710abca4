/**
 * A WebSocket connection after its handshake: messages, pings and closing.
 *
 * @module
 */

import { copyOf, isBytes, sizeOf, unsendable } from "../../src/bytes/outgoing.ts";
import { callApplication } from "../../src/calls.ts";
import { GoerError } from "../../src/errors.ts";
import type { CloseStatus } from "../../src/protocol/connection.ts";
import type { ReceiveBuffer, SendBuffer } from "../../src/protocol/buffers.ts";
import { MORE, type Session } from "../../src/protocol/session.ts";
import type { SessionContext, SessionTimer } from "../../src/protocol/protocol.ts";
import {
  ABNORMAL,
  closeBody,
  INTERNAL_ERROR,
  MAX_CONTROL_SIZE,
  NO_STATUS,
  NORMAL,
  POLICY_VIOLATION,
  readCloseStatus,
  SERVICE_RESTART,
  WebSocketError,
} from "./close.ts";
import { Deflater, Inflater } from "./deflate.ts";
import {
  type Agreement,
  DEFAULT_INFLATION_RATIO,
  DEFAULT_LEVEL,
  DEFAULT_THRESHOLD,
} from "./extension.ts";
import {
  BINARY,
  CLOSE,
  FIN,
  makeFrame,
  PING,
  PONG,
  RSV1,
  TEXT,
  writeFrame,
  writeTextFrame,
} from "./frame.ts";
import { LookAhead } from "./look_ahead.ts";
import { MessageDeadline } from "./message_deadline.ts";
import { ClientPongs } from "./pongs.ts";
import {
  becomeWebSocket,
  type WebSocketClose,
  type WebSocketConnection,
  type WebSocketMessage,
  type WebSocketOutgoing,
  type WebSocketPing,
} from "./connection.ts";
import type { WebSocketSettings } from "./settings.ts";
import { FrameReceiver, type FrameReceiverOwner } from "./frame_receiver.ts";

/** The results of the handshake. */
export interface HandshakeResult {
  /** True on the client, which masks its frames. */
  client: boolean;
  /** The negotiated permessage-deflate parameters; undefined if not negotiated. */
  agreement: Agreement | undefined;
  /** The request target. */
  target: string;
  /** The subprotocol; `""` for none. */
  subprotocol: string;
}

/** The status code of this side's close frame, by the reason for closing. */
const CLOSE_CODES = { close: NORMAL, restart: SERVICE_RESTART, error: INTERNAL_ERROR } as const;

/**
 * How long a peer that has not answered a ping may read nothing of what is queued for it, in ms.
 * The system reports free space only when a good part of its buffer is free, which takes a slow
 * reader some time.
 */
const SLOW_READER_PATIENCE = 60_000;

/** The key of the frame that all receivers without compression share. */
const PLAIN_FRAME = "websocket";

/** What can be sent, for errors. */
const SENDABLE = "a string, a Uint8Array, { ping } or { code, reason }";

const NO_DATA = new Uint8Array(0);
const encoder = new TextEncoder();

/** One WebSocket connection. */
export class WebSocketSession
  implements Session<WebSocketMessage, WebSocketOutgoing>, FrameReceiverOwner {
  readonly #context: SessionContext<WebSocketMessage, WebSocketOutgoing>;
  readonly #settings: WebSocketSettings;
  readonly #client: boolean;
  readonly #receiver: FrameReceiver;
  readonly #deflater: Deflater | undefined;
  readonly #threshold: number;
  #heartbeat: SessionTimer | undefined;
  /** True while a ping waits for any sign of life. */
  #pinged = false;
  /**
   * True if the peer has sent something since the last check, or this side does not read from it.
   */
  #heard = false;
  /** Created when a message first arrives in parts. */
  #deadline: MessageDeadline | undefined;
  /** Created when something first arrives while messages wait. */
  #lookAhead: LookAhead | undefined;
  /** Created when a client first answers a ping. */
  #pongs: ClientPongs | undefined;
  #closeSent = false;
  #farewell: CloseStatus | undefined;

  /** The request target. */
  readonly target: string;
  /** The subprotocol; `""` for none. */
  readonly subprotocol: string;
  /** How the peer closed; undefined until it has. */
  closeStatus: CloseStatus | undefined;

  /**
   * @param context The connection.
   * @param settings The protocol's options.
   * @param handshake What the handshake agreed on.
   */
  constructor(
    context: SessionContext<WebSocketMessage, WebSocketOutgoing>,
    settings: WebSocketSettings,
    handshake: HandshakeResult,
  ) {
    const { client, agreement, target, subprotocol } = handshake;
    becomeWebSocket(context.connection);
    this.#context = context;
    this.#settings = settings;
    this.#client = client;
    this.target = target;
    this.subprotocol = subprotocol;
    const maxMessageSize = settings.maxMessageSize ?? context.maxPacketSize;
    this.#receiver = new FrameReceiver(this, {
      masked: !client,
      maxMessageSize,
      maxInflatedSize: settings.compression?.maxInflatedSize ?? maxMessageSize,
      maxInflationRatio: settings.compression?.maxInflationRatio ?? DEFAULT_INFLATION_RATIO,
      inflater: agreement === undefined ? undefined : openInflater(agreement, client),
    });
    this.#deflater = agreement &&
      openDeflater(agreement, settings.compression?.level ?? DEFAULT_LEVEL, client);
    this.#threshold = settings.compression?.threshold ?? DEFAULT_THRESHOLD;
    if (settings.pingInterval > 0) {
      this.#heartbeat = context.after(settings.pingInterval, WebSocketSession.#beat, this);
    }
  }

  /** True if permessage-deflate was negotiated. */
  get compressed(): boolean {
    return this.#deflater !== undefined;
  }

  /** True once the peer's close frame has been answered while earlier messages still wait. */
  get sealed(): boolean {
    return this.#lookAhead?.close !== undefined;
  }

  read(buffer: ReceiveBuffer): WebSocketMessage | typeof MORE {
    if (this.#lookAhead === undefined) return this.#read(buffer);
    const { length } = buffer;
    const message = this.#read(buffer);
    this.#lookAhead.passed(length - buffer.length);
    return message;
  }

  lookAhead(buffer: ReceiveBuffer): void {
    if (buffer.length === 0 || this.#closeSent) return;
    const lookAhead = this.#lookAhead ??= new LookAhead(!this.#client);
    lookAhead.look(
      buffer,
      this.#receiver.payload,
      (data) => this.#pong(data),
    );
    if (lookAhead.close) this.#sendClose({ code: lookAhead.close.code, reason: "" });
  }

  #read(buffer: ReceiveBuffer): WebSocketMessage | typeof MORE {
    if (buffer.end > buffer.start) this.#heard = true;
    try {
      while (this.closeStatus === undefined) {
        const message = this.#receiver.read(buffer);
        if (message === MORE && (buffer.length > 0 || this.#receiver.unfinished)) this.#awaitRest();
        else this.#deadline?.end();
        // After its own close frame, this side ignores messages and waits for the peer's close
        // frame.
        if (message === MORE || !this.#closeSent || this.sealed) return message;
      }
    } catch (error) {
      if (error instanceof WebSocketError) this.#sendClose({ code: error.closeCode, reason: "" });
      throw error;
    }
    buffer.consume(buffer.length);
    return MORE;
  }

  write(message: WebSocketOutgoing, out: SendBuffer, shared?: Map<unknown, Uint8Array>): void {
    if (this.#closeSent) return;
    if (typeof message === "string" || isBytes(message)) {
      if (shared !== undefined && !this.#client) this.#writeShared(message, out, shared);
      else this.#writeMessage(message, out);
    } else {
      this.#writeControl(message, out);
    }
  }

  /** Part of a message has arrived: starts its time limit. */
  #awaitRest(): void {
    this.#deadline ??= new MessageDeadline(this.#context, this.#settings.messageTimeout, () => {
      const message = `The message is not complete after ${this.#settings.messageTimeout} ms`;
      this.#sendClose({ code: POLICY_VIOLATION, reason: "" });
      this.#context.fail(new WebSocketError(POLICY_VIOLATION, message));
    });
    this.#deadline.begin();
  }

  closing(out: SendBuffer, reason: "close" | "restart" | "error"): boolean {
    if (this.sealed) return false;
    if (this.#closeSent) return this.closeStatus === undefined;
    this.#sendClose(this.#farewell ?? { code: CLOSE_CODES[reason], reason: "" }, out);
    const { closeTimeout } = this.#settings;
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#context.after(closeTimeout, () => {
      // The peer answers once it has read what was sent before.
      if (this.#context.advancing()) this.#heartbeat!.reset();
      else this.#context.close();
    });
    this.#context.onceDrained(() => this.#heartbeat?.reset());
    return true;
  }

  end(): void {
    this.#context.close();
  }

  closed(): CloseStatus {
    this.#heartbeat?.cancel();
    this.#heartbeat = undefined;
    return this.closeStatus ??= this.#lookAhead?.close ?? { code: ABNORMAL, reason: "" };
  }

  /** Handles a control frame of the peer. */
  control(opcode: number, payload: Uint8Array): void {
    if (opcode === PING) {
      if (this.#lookAhead?.tookAnswered() || this.#closeSent) return;
      this.#pong(payload);
    } else if (opcode === PONG) {
      this.#pongArrived(payload);
    } else {
      const status = readCloseStatus(payload);
      this.closeStatus = status;
      this.#sendClose({ code: status.code, reason: "" });
      this.#context.close();
    }
  }

  #pong(ping: Uint8Array): void {
    if (!this.#client) return writeFrame(this.#context.out, FIN | PONG, ping, false);
    (this.#pongs ??= new ClientPongs(this.#context)).answer(ping);
  }

  #pongArrived(payload: Uint8Array): void {
    const onPong = this.#context.handler("onPong") ?? this.#settings.onPong;
    if (onPong === undefined) return;
    const connection = this.#context.connection as WebSocketConnection;
    const failed = (thrown: unknown) => this.#context.handlerFailed("onPong", thrown);
    callApplication(() => onPong(connection, payload), failed);
  }

  #writeControl(message: WebSocketPing | WebSocketClose, out: SendBuffer): void {
    const { ping, code, reason = "" } = (message ?? {}) as Partial<WebSocketPing & WebSocketClose>;
    if (ping !== undefined && code !== undefined) {
      throw new TypeError(
        "Cannot send { ping, code }: send the ping first, and then { code, reason }",
      );
    }
    if (ping !== undefined) {
      const data = toBytes(ping);
      if (data.length > MAX_CONTROL_SIZE) {
        throw new RangeError(
          `Cannot ping: the data has ${data.length} bytes, and at most 125 are allowed`,
        );
      }
      writeFrame(out, FIN | PING, data, this.#client);
    } else if (code !== undefined) {
      closeBody({ code, reason });
      this.#farewell = { code, reason };
      this.#context.connection.close();
    } else {
      throw unsendable(message, SENDABLE);
    }
  }

  #sendClose(status: CloseStatus, out = this.#context.out): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    const body = status.code === NO_STATUS ? NO_DATA : closeBody(status);
    writeFrame(out, FIN | CLOSE, body, this.#client);
  }

  #writeMessage(message: WebSocketMessage, out: SendBuffer): void {
    if (this.#deflater !== undefined && this.#isWorthDeflating(message)) {
      const payload = this.#deflater.compress(toBytes(message));
      writeFrame(out, FIN | RSV1 | opcodeOf(message), payload, this.#client);
    } else if (typeof message === "string") {
      writeTextFrame(out, message, this.#client);
    } else {
      writeFrame(out, FIN | BINARY, message, this.#client);
    }
  }

  #isWorthDeflating(message: WebSocketMessage): boolean {
    return message.length > 0 && message.length >= this.#threshold;
  }

  /**
   * A frame for many connections is made once. If compressed, it does not refer to earlier
   * messages. It does not enter this connection's window either, so no later message refers to it.
   */
  #writeShared(message: WebSocketMessage, out: SendBuffer, shared: Map<unknown, Uint8Array>): void {
    const deflater = this.#isWorthDeflating(message) ? this.#deflater : undefined;
    const key = deflater === undefined ? PLAIN_FRAME : deflater.kind;
    let frame = shared.get(key);
    if (frame === undefined) {
      const payload = toBytes(message);
      frame = deflater === undefined
        ? makeFrame(FIN | opcodeOf(message), payload)
        : makeFrame(FIN | RSV1 | opcodeOf(message), deflater.compressAlone(payload));
      shared.set(key, frame);
    }
    deflater?.reset();
    out.give(frame);
  }

  /** One function for all timers, to keep idle connections small. */
  static #beat(session: WebSocketSession): void {
    session.#look();
  }

  /**
   * The peer has been silent for an interval: sends a ping and allows `pongTimeout` for the pong.
   */
  #look(): void {
    const { pingInterval, pongTimeout } = this.#settings;
    if (this.#heard || this.#context.held) {
      this.#heard = this.#pinged = false;
      this.#heartbeat!.reset(pingInterval);
    } else if (!this.#pinged) {
      this.#pinged = true;
      writeFrame(this.#context.out, FIN | PING, NO_DATA, this.#client);
      this.#context.flush();
      this.#heartbeat!.reset(pongTimeout);
    } else if (this.#context.advancing(Math.ceil(SLOW_READER_PATIENCE / pongTimeout))) {
      // The ping or its pong comes after what the peer is still reading.
      this.#heartbeat!.reset(pongTimeout);
    } else {
      const silence = pingInterval + pongTimeout;
      this.#context.fail(
        new GoerError(
          "GOER_IDLE_TIMEOUT",
          `The peer was silent for ${silence} ms, also after a ping`,
        ),
      );
      this.#context.connection.destroy();
    }
  }
}

function opcodeOf(message: WebSocketMessage): number {
  return typeof message === "string" ? TEXT : BINARY;
}

/** The bytes of a message, in an array with a trustworthy `length`. */
function toBytes(message: WebSocketMessage): Uint8Array {
  if (typeof message === "string") return encoder.encode(message);
  return sizeOf(message, "a string or a Uint8Array") === message.length ? message : copyOf(message);
}

/** The inflater for received messages. */
function openInflater(agreement: Agreement, client: boolean): Inflater {
  return new Inflater(
    client
      ? { windowBits: agreement.serverMaxWindowBits, takeover: !agreement.serverNoContextTakeover }
      : { windowBits: agreement.clientMaxWindowBits, takeover: !agreement.clientNoContextTakeover },
  );
}

/** The deflater for sent messages. */
function openDeflater(agreement: Agreement, level: number, client: boolean): Deflater {
  const windowBits = client ? agreement.clientMaxWindowBits : agreement.serverMaxWindowBits;
  const takeover = client ? !agreement.clientNoContextTakeover : !agreement.serverNoContextTakeover;
  return new Deflater({ windowBits, level, takeover });
}
