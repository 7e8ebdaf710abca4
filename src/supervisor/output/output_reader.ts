/**
 * Reads the output of a worker: its log lines from the channel, and what it and its libraries write
 * to standard output and standard error.
 *
 * @module
 */

import { LineSplitter } from "../../line_splitter.ts";
import {
  type LocalSocket,
  openLocal,
  type UnreadSocket,
} from "../../runtime/sockets/local_socket.ts";
import type { LogOrigin } from "../../log.ts";
import type { Output } from "./output.ts";
import { rawLines } from "./raw_lines.ts";

/** The state of reading a worker's output, for a new supervisor. */
export interface SavedOutput {
  /** The received part of a log line. */
  rest: number[];
  /** The pipes of its standard outputs. */
  pipes: SavedPipe[];
}

/** A pipe. */
export interface SavedPipe {
  descriptor: number;
  /** The received part of a line. */
  rest: number[];
}

/** Writes the output of a worker to the output of the service, line by line. */
export class OutputReader {
  readonly #output: Output;
  readonly #origin: LogOrigin;
  #logLines = new LineSplitter();
  readonly #pipes = new Set<Pipe>();
  #onEnded = () => {};
  /** Resolves when no process has the other ends of the pipes open. */
  readonly ended: Promise<void> = new Promise((resolve) => this.#onEnded = resolve);

  constructor(output: Output, origin: LogOrigin) {
    this.#output = output;
    this.#origin = origin;
  }

  /**
   * Starts to read.
   *
   * @param handed The state from a previous supervisor.
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
    const pipe = new Pipe((lines) => this.#output.write(rawLines(lines, this.#origin)), rest);
    this.#pipes.add(pipe);
    pipe.read(socket, () => {
      this.#pipes.delete(pipe);
      if (this.#pipes.size === 0) this.#onEnded();
    });
  }

  /** Log lines have arrived over the channel, cut anywhere. */
  receive(bytes: Uint8Array): void {
    this.#output.write(this.#logLines.push(bytes));
  }

  /** The channel has ended. */
  channelEnded(): void {
    this.#output.write(this.#logLines.end());
  }

  /** Stops reading, so that a new supervisor can continue. */
  handOver(): SavedOutput {
    return {
      rest: [...this.#logLines.rest],
      pipes: [...this.#pipes].flatMap((pipe) => pipe.handOver() ?? []),
    };
  }

  /** Resumes reading, because there is no new supervisor. */
  takeBack(): void {
    for (const pipe of this.#pipes) pipe.takeBack();
  }

  /** Another process continues: closes the ends of this process. */
  release(): void {
    for (const pipe of this.#pipes) pipe.release();
  }

  /** Writes the last line, which has no line end. */
  end(): void {
    this.channelEnded();
    for (const pipe of this.#pipes) pipe.end();
  }
}

/** The pipe of one or both standard outputs. */
class Pipe {
  readonly #write: (lines: Uint8Array) => void;
  readonly #lines: LineSplitter;
  #socket: LocalSocket | undefined;
  #released = false;

  constructor(write: (lines: Uint8Array) => void, rest?: Uint8Array) {
    this.#write = write;
    this.#lines = new LineSplitter(rest);
  }

  read(socket: UnreadSocket, onClose: () => void): void {
    this.#socket = socket({
      onBytes: (bytes) => this.#write(this.#lines.push(bytes)),
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
    this.#write(this.#lines.end());
  }
}
