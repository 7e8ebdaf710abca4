/**
 * Loads the app in a separate process, which reports what it serves.
 *
 * @module
 */

import { within } from "../../runtime/process/native_timer.ts";
import type { UnreadSocket } from "../../runtime/sockets/local_socket.ts";
import type { ChildProcess } from "../../runtime/process/child.ts";
import { kill } from "../../runtime/process/signals.ts";
import { Channel } from "../ipc/channel.ts";
import { describeError } from "../ipc/describe_error.ts";
import { LOADER_MESSAGE } from "../ipc/message_shapes.ts";
import type { AppManifest, LoaderMessage } from "../ipc/messages.ts";
import type { Log } from "../../log.ts";
import { LoaderOutput } from "./loader_output.ts";
import type { Spawner } from "./spawner.ts";
import { WorkerProcess } from "./worker_process.ts";

/**
 * How long to wait for a process's last output after its end, in ms, because its children may keep
 * the output open.
 */
const LAST_WORDS_TIMEOUT = 500;

/** The result: one of the two, once. */
export interface AppLoaderHandlers {
  onLoaded(app: AppManifest): void;
  onFailed(reason: string): void;
}

/** At most one process that loads the app. */
export class AppLoader {
  readonly #spawner: Spawner;
  readonly #log: Log;
  readonly #handlers: AppLoaderHandlers;
  #child: ChildProcess | undefined;

  constructor(spawner: Spawner, log: Log, handlers: AppLoaderHandlers) {
    this.#spawner = spawner;
    this.#log = log;
    this.#handlers = handlers;
  }

  /** Starts the process. */
  start(): void {
    const output = new LoaderOutput((line) => this.#log.write("info", line));
    const child = this.#spawn(output);
    this.#child = child;
    const channel = child.channel && this.#listen(child, child.channel, output);
    void this.#watch(child, channel, output);
  }

  /** A file that cannot be read is reported like a process that cannot be started. */
  #spawn(output: LoaderOutput): ChildProcess {
    try {
      return this.#spawner.load((line) => output.print(line));
    } catch (error) {
      return { pid: 0, exited: Promise.resolve({ error: describeError(error) }), outputs: [] };
    }
  }

  /** The end of the process may be known before its last output has been read. */
  async #watch(
    child: ChildProcess,
    channel: Channel<LoaderMessage> | undefined,
    output: LoaderOutput,
  ): Promise<void> {
    const exit = await child.exited;
    await within(LAST_WORDS_TIMEOUT, Promise.all([channel?.closed, child.linesEnded]));
    if (this.#child !== child) return output.flush();
    this.#child = undefined;
    this.#handlers.onFailed(`the app ${WorkerProcess.describeExit(exit, output.takeReason())}`);
  }

  /**
   * The process sends one message, and is killed before that counts, so that it can do nothing
   * more.
   */
  #listen(child: ChildProcess, socket: UnreadSocket, output: LoaderOutput): Channel<LoaderMessage> {
    return Channel.open<LoaderMessage>(socket, {
      accepts: LOADER_MESSAGE,
      onMessage: (message, channel) => {
        channel.destroy();
        output.flush();
        if (this.#child !== child) return;
        this.cancel();
        if (message.type === "failed") this.#handlers.onFailed(message.reason);
        else this.#handlers.onLoaded(message.app);
      },
      onBytes: (_, channel) => channel.refuse("it sent unexpected bytes"),
      onFault: (reason) => {
        output.flush();
        if (this.#child !== child) return;
        this.cancel();
        this.#handlers.onFailed(`the app could not be loaded: ${reason}`);
      },
    });
  }

  /** The result is no longer needed. */
  cancel(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child && child.pid > 0) kill(child.pid, "SIGKILL");
  }
}
