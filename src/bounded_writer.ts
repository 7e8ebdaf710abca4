/**
 * Writes lines to a reader that may be slow or never read: the writer never waits, and the queue is
 * bounded.
 *
 * @module
 */

const NEWLINE = 10;

const INITIAL_SIZE = 4096;

/** Options of {@linkcode BoundedWriter}. */
export interface BoundedWriterOptions {
  /**
   * Writes a chunk, and calls `done` when it was taken or writing failed, possibly before it
   * returns. It is not called again before that.
   */
  send(chunk: Uint8Array, done: (ok: boolean) => void): void;
  /** How many bytes can be queued. Further lines are lost and counted. */
  limit: number;
  /** The largest chunk, in bytes. If possible, it ends with a line. */
  chunkSize: number;
  /** Formats the number of lost lines as a line. */
  report(lost: number): string;
}

/** Writes lines without waiting. */
export class BoundedWriter {
  readonly #options: BoundedWriterOptions;
  /** The queued bytes are those from `start` to `end`. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_SIZE);
  #start = 0;
  #end = 0;
  #sending: Uint8Array | undefined;
  #lost = 0;
  #held = false;
  #onIdle: (() => void)[] = [];

  /** @param lost How many lines a previous writer has lost. */
  constructor(options: BoundedWriterOptions, lost = 0) {
    this.#options = options;
    this.#lost = lost;
  }

  /** Queues a copy of whole lines, or drops them if the queue is full. */
  write(lines: Uint8Array): void {
    this.#reportLost();
    const fits = this.#waiting + lines.length <= this.#options.limit || this.#waiting === 0;
    if (this.#lost > 0 || !fits) {
      this.#lost += countLines(lines);
      return;
    }
    this.#queue(lines);
    this.#pump();
  }

  /** Writes nothing until it is released. */
  hold(): void {
    this.#held = true;
  }

  /** Writes queued bytes. */
  release(): void {
    this.#held = false;
    this.#pump();
  }

  /** How many lost lines have not been reported. */
  get lost(): number {
    return this.#lost;
  }

  /** The queued bytes. */
  get waiting(): Uint8Array {
    return this.#buffer.slice(this.#start, this.#end);
  }

  /** The queued bytes, preceded by the chunk whose write has not finished. */
  get unsent(): Uint8Array {
    const sending = this.#sending ?? new Uint8Array();
    const unsent = new Uint8Array(sending.length + this.#waiting);
    unsent.set(sending);
    unsent.set(this.waiting, sending.length);
    return unsent;
  }

  /** Drops queued bytes. */
  discard(): void {
    this.#lost += countLines(this.#buffer.subarray(this.#start, this.#end));
    this.#start = this.#end = 0;
  }

  /** Resolves when everything is written or has failed. */
  get idle(): Promise<void> {
    if (this.#sending === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #waiting(): number {
    return this.#end - this.#start;
  }

  /**
   * Waits until half of the queue is free, so that a slow reader does not get a report each time.
   */
  #reportLost(): void {
    if (this.#lost === 0 || this.#waiting > this.#options.limit / 2) return;
    const report = this.#options.report(this.#lost);
    this.#lost = 0;
    this.#queue(new TextEncoder().encode(report));
  }

  #queue(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #makeRoom(size: number): void {
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    const needed = waiting.length + size;
    // Moved within the same memory only if that frees half of it. Otherwise, it would be moved
    // again and again.
    const enough = needed * 2 <= this.#buffer.length;
    const buffer = enough ? this.#buffer : new Uint8Array(Math.max(needed, INITIAL_SIZE) * 2);
    buffer.set(waiting);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = waiting.length;
  }

  #pump(): void {
    // If a chunk is written immediately, the next one follows here and not in `done`, to limit the
    // stack.
    while (this.#sending === undefined && this.#waiting > 0 && !this.#held) {
      const chunk = this.#takeChunk();
      this.#sending = chunk;
      let returned = false;
      this.#options.send(chunk, (ok) => {
        this.#sending = undefined;
        if (ok) this.#reportLost();
        else this.#lost += countLines(chunk);
        if (returned) this.#pump();
      });
      returned = true;
    }
    if (this.#sending === undefined && this.#waiting === 0) this.#rest();
  }

  #takeChunk(): Uint8Array {
    const most = this.#buffer.subarray(
      this.#start,
      Math.min(this.#end, this.#start + this.#options.chunkSize),
    );
    const size = most.lastIndexOf(NEWLINE) + 1 || most.length;
    this.#start += size;
    return most.slice(0, size);
  }

  #rest(): void {
    this.#start = this.#end = 0;
    if (this.#buffer.length > INITIAL_SIZE * 16) this.#buffer = new Uint8Array(INITIAL_SIZE);
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
