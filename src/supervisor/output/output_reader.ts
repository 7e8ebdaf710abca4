/**
 * Reads the output of a worker: its log lines, which come over the channel, and what it and its libraries
 * write to standard output and standard error.
 *
 * @module
 */

import { LineSplitter } from "../../line_splitter.ts";
import {
  type LocalSocket,
  openLocal,
  type UnreadSocket,
} from "../../runtime/sockets/local_socket.ts";
import type { Output } from "./output.ts";

/** Where the output of a worker is read on. */
export interface SavedOutput {
  /** What was read of a log line that is not whole yet. */
  rest: number[];
  /** What its standard outputs lead to. */
  pipes: SavedPipe[];
}

/** One of them. */
export interface SavedPipe {
  descriptor: number;
  /** What was read of a line that is not whole yet. */
  rest: number[];
}

/** Writes what one worker has to say to the output of the service, line by line. */
export class OutputReader {
  readonly #output: Output;
  #logLines = new LineSplitter();
  readonly #pipes = new Set<Pipe>();
  #onEnded = () => {};
  /** Resolves when nobody holds the other ends of the pipes any more. */
  readonly ended: Promise<void> = new Promise((resolve) => this.#onEnded = resolve);

  constructor(output: Output) {
    this.#output = output;
  }

  /**
   * Begins to read.
   *
   * @param handed What an earlier image was left with.
   */
  read(sockets: UnreadSocket[], handed?: SavedOutput): void {
    if (handed) this.#logLines = new LineSplitter(Uint8Array.from(handed.rest));
    for (const socket of sockets) this.#readPipe(socket);
    for (const { descriptor, rest } of handed?.pipes ?? []) {
      this.#readPipe(openLocal(descriptor), Uint8Array.from(rest));
    }
    if (this.#pipes.size === 0) this.#onEnded();
  }

  #readPipe(socket: UnreadSocket, rest?: Uint8Array): void {
    const pipe = new Pipe(this.#output, rest);
    this.#pipes.add(pipe);
    pipe.read(socket, () => {
      this.#pipes.delete(pipe);
      if (this.#pipes.size === 0) this.#onEnded();
    });
  }

  /** Log lines came over the channel, cut anywhere. */
  receive(bytes: Uint8Array): void {
    this.#output.write(this.#logLines.push(bytes));
  }

  /** The channel is gone: nothing comes over it any more. */
  channelEnded(): void {
    this.#output.write(this.#logLines.end());
  }

  /** Leaves what comes from here on to another image. */
  handOver(): SavedOutput {
    return {
      rest: [...this.#logLines.rest],
      pipes: [...this.#pipes].flatMap((pipe) => pipe.handOver() ?? []),
    };
  }

  /** Reads on: no other image does. */
  takeBack(): void {
    for (const pipe of this.#pipes) pipe.takeBack();
  }

  /** Another process reads on: this one's ends are not needed. */
  release(): void {
    for (const pipe of this.#pipes) pipe.release();
  }

  /** Writes what has no line end yet: it will get none. */
  end(): void {
    this.channelEnded();
    for (const pipe of this.#pipes) pipe.end();
  }
}

/** What one or both of the standard outputs lead to. */
class Pipe {
  readonly #output: Output;
  readonly #lines: LineSplitter;
  #socket: LocalSocket | undefined;
  #released = false;

  constructor(output: Output, rest?: Uint8Array) {
    this.#output = output;
    this.#lines = new LineSplitter(rest);
  }

  read(socket: UnreadSocket, onClose: () => void): void {
    this.#socket = socket({
      onBytes: (bytes) => this.#output.write(this.#lines.push(bytes)),
      onClose: () => {
        if (!this.#released) this.end();
        onClose();
      },
    });
  }

  handOver(): SavedPipe | undefined {
    const descriptor = this.#socket?.descriptor;
    if (descriptor === undefined) return undefined;
    this.#socket?.pause();
    return { descriptor, rest: [...this.#lines.rest] };
  }

  takeBack(): void {
    this.#socket?.resume();
  }

  release(): void {
    this.#released = true;
    this.#socket?.destroy();
  }

  end(): void {
    this.#output.write(this.#lines.end());
  }
}
