/**
 * The supervisor's end of the control socket: tells workers from commands, and passes what workers
 * publish on to all others.
 *
 * @module
 */

import { changeMode, changeOwner } from "../runtime/files.ts";
import { listenLocal, type LocalListener } from "../runtime/local_socket.ts";
import {
  closeSocketFile,
  removeSocket,
  type SocketFile,
  socketFileAt,
} from "../runtime/socket_file.ts";
import { Channel } from "./channel.ts";
import type { CommandMessage, CommandReply, IncomingMessage, WorkerMessage } from "./messages.ts";
import { Switchboard } from "./switchboard.ts";

/** A connection of a worker, or of a process that describes the app. */
export type WorkerChannel = Channel<IncomingMessage>;

/** Who hears what comes over the control socket. */
export interface ControlHandlers {
  /** A worker says who it is: false where there is no such worker. */
  onHello(worker: number, channel: WorkerChannel): boolean;
  onWorkerMessage(worker: number, message: WorkerMessage): void;
  onWorkerGone(worker: number, channel: WorkerChannel): void;
  /** The numbers of all workers that live. */
  workers(): number[];
  onCommand(message: CommandMessage, reply: (reply: CommandReply) => void): void;
  /** Whoever is answered by `reply` has gone. */
  onCallerGone(reply: (reply: CommandReply) => void): void;
}

/** The listening control sockets. */
export class ControlServer {
  readonly #handlers: ControlHandlers;
  readonly #listeners = new Map<string, { listener: LocalListener; file: SocketFile }>();
  readonly #channels = new Set<Channel<IncomingMessage>>();
  readonly #workers = new Map<Channel<IncomingMessage>, number>();
  readonly #callers = new Map<Channel<IncomingMessage>, (reply: CommandReply) => void>();
  readonly #switchboard = new Switchboard();

  constructor(handlers: ControlHandlers) {
    this.#handlers = handlers;
  }

  /** Listens on `path`: for workers and commands, or for the workers of another user only. */
  async listen(path: string, user?: { uid: number; gid: number }): Promise<void> {
    if (this.#listeners.has(path)) return;
    // Whoever served it is gone: this process alone has the directory.
    removeSocket(path);
    const listener = await listenLocal(path, (socket) => {
      const channel: Channel<IncomingMessage> = new Channel<IncomingMessage>({
        onMessage: (message) => this.#receive(message, channel, user === undefined),
        onBytes: (bytes) => this.#exchange(bytes, channel),
        onClose: () => this.#forget(channel),
      });
      this.#channels.add(channel);
      return channel.accept(socket);
    });
    changeMode(path, 0o600);
    if (user) changeOwner(path, user);
    this.#listeners.set(path, { listener, file: socketFileAt(path) });
  }

  /** Accepts no more; those connected stay so. */
  close(): void {
    for (const { listener, file } of this.#listeners.values()) {
      void closeSocketFile(file, () => listener.close());
    }
    this.#listeners.clear();
  }

  /** Sends what waits, then ends every connection. */
  endAll(): void {
    for (const channel of this.#channels) channel.end();
  }

  /** Workers speak to each other. */
  #exchange(bytes: Uint8Array, from: WorkerChannel): void {
    const worker = this.#workers.get(from);
    if (worker !== undefined && this.#switchboard.receive(bytes, from, worker)) return;
    from.destroy();
  }

  /** A worker has ended: the others are told. */
  workerEnded(worker: number): void {
    this.#switchboard.workerEnded(worker);
  }

  #receive(message: IncomingMessage, channel: WorkerChannel, commandsToo: boolean): void {
    const worker = this.#workers.get(channel);
    if (worker !== undefined && message.type !== "command") {
      return this.#handlers.onWorkerMessage(worker, message);
    }
    if (message.type === "hello" && this.#handlers.onHello(message.worker, channel)) {
      this.#workers.set(channel, message.worker);
      this.#switchboard.welcome(channel, this.#handlers.workers());
    } else if (message.type === "command" && commandsToo) {
      const reply = this.#callers.get(channel) ?? ((reply: CommandReply) => channel.send(reply));
      this.#callers.set(channel, reply);
      this.#handlers.onCommand(message, reply);
    } else channel.destroy();
  }

  #forget(channel: WorkerChannel): void {
    this.#channels.delete(channel);
    const caller = this.#callers.get(channel);
    this.#callers.delete(channel);
    if (caller !== undefined) this.#handlers.onCallerGone(caller);
    const worker = this.#workers.get(channel);
    this.#workers.delete(channel);
    if (worker === undefined) return;
    this.#switchboard.forget(channel);
    this.#handlers.onWorkerGone(worker, channel);
  }
}
