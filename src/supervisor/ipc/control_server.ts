/**
 * The supervisor's side of the control socket, which receives commands. Workers have their own
 * channels.
 *
 * @module
 */

import { changeMode } from "../../runtime/files/file_system.ts";
import {
  listenLocal,
  type LocalListener,
  type LocalSocket,
  type LocalSocketHandlers,
} from "../../runtime/sockets/local_socket.ts";
import {
  clearSocketPath,
  closeSocketFile,
  type SocketFile,
  socketFileAt,
} from "../../runtime/sockets/socket_file.ts";
import { Channel } from "./channel.ts";
import { COMMAND_MESSAGE } from "./message_shapes.ts";
import type { CommandMessage, CommandReply, ControlMessage } from "./messages.ts";

const ALIVE: ControlMessage = { type: "alive" };

/** How often to send a sign of life to clients, in ms. */
const BEAT_INTERVAL = 1000;

/** The events of the control socket. */
export interface ControlHandlers {
  onCommand(message: CommandMessage, reply: (reply: CommandReply) => void): void;
  /** The client that waits for `reply` has disconnected. */
  onCallerGone(reply: (reply: CommandReply) => void): void;
  /** A connection was ended because of an invalid message. */
  onFault(reason: string): void;
}

/** The listening control socket. */
export class ControlServer {
  readonly #handlers: ControlHandlers;
  readonly #channels = new Set<Channel<CommandMessage>>();
  #beats: ReturnType<typeof setInterval> | undefined;
  #listening: { listener: LocalListener; file: SocketFile } | undefined;

  constructor(handlers: ControlHandlers) {
    this.#handlers = handlers;
  }

  /** Listens on `path`. */
  async listen(path: string): Promise<void> {
    if (this.#listening !== undefined) return;
    // No other process serves it, because this process owns the directory.
    clearSocketPath(path);
    const listener = await listenLocal(path, (socket) => this.accept(socket));
    changeMode(path, 0o600);
    this.#listening = { listener, file: socketFileAt(path) };
  }

  /** True if clients cannot find it: its file was removed or replaced. */
  get isLost(): boolean {
    if (this.#listening === undefined) return true;
    const { path, identity } = this.#listening.file;
    return socketFileAt(path).identity !== identity;
  }

  /** Listens again at its path. Existing connections stay. */
  async listenAgain(path: string): Promise<void> {
    // A runtime may remove the file at the path a little later, which must not be the new one.
    await this.close();
    await this.listen(path);
  }

  /** A client has connected. */
  accept(socket: LocalSocket): LocalSocketHandlers {
    const reply = (reply: CommandReply) => channel.send(reply);
    const channel: Channel<CommandMessage> = new Channel<CommandMessage>({
      accepts: COMMAND_MESSAGE,
      onMessage: (message) => this.#handlers.onCommand(message, reply),
      onBytes: () => channel.refuse("it sent unexpected bytes"),
      onFault: (reason) => this.#handlers.onFault(reason),
      onClose: () => {
        this.#channels.delete(channel);
        if (this.#channels.size === 0) this.#stopBeating();
        this.#handlers.onCallerGone(reply);
      },
    });
    this.#channels.add(channel);
    const events = channel.accept(socket);
    this.#beats ??= setInterval(() => this.#beat(), BEAT_INTERVAL);
    channel.send(ALIVE);
    return events;
  }

  /** Clients give up if they receive nothing, because this process may be stopped or hang. */
  #beat(): void {
    for (const channel of this.#channels) channel.send(ALIVE);
  }

  #stopBeating(): void {
    clearInterval(this.#beats);
    this.#beats = undefined;
  }

  /** Stops accepting. Existing connections stay. */
  async close(): Promise<void> {
    if (this.#listening === undefined) return;
    const { listener, file } = this.#listening;
    this.#listening = undefined;
    await closeSocketFile(file, () => listener.close());
  }

  /**
   * Sends queued data, then ends every connection.
   *
   * @returns Resolves when everything was sent. It may never, if a client does not read.
   */
  async endAll(): Promise<void> {
    await Promise.all([...this.#channels].map((channel) => channel.end()));
  }
}
