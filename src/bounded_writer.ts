/**
 * Lines on their way to a reader that may be slow, or may never read: nobody waits for it, and what waits
 * is bounded.
 *
 * @module
 */

const NEWLINE = 10;

const INITIAL_SIZE = 4096;

/** What {@linkcode BoundedWriter} takes. */
export interface BoundedWriterOptions {
  /**
   * Hands a chunk on, and calls `done` when it was taken, or failed: perhaps before it returns. It is not
   * called again before that.
   */
  send(chunk: Uint8Array, done: (ok: boolean) => void): void;
  /** How many bytes may wait: further lines are lost, and counted. */
  limit: number;
  /** The largest chunk, in bytes. It ends with a line where that is possible. */
  chunkSize: number;
  /** Says that so many lines are lost, as a line with its end. */
  report(lost: number): string;
}

/** Writes lines without waiting. */
export class BoundedWriter {
  readonly #options: BoundedWriterOptions;
  /** The bytes that wait are those from `start` to `end`. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(INITIAL_SIZE);
  #start = 0;
  #end = 0;
  #sending: Uint8Array | undefined;
  #lost = 0;
  #held = false;
  #onIdle: (() => void)[] = [];

  /** @param lost How many lines were lost by a writer before this one. */
  constructor(options: BoundedWriterOptions, lost = 0) {
    this.#options = options;
    this.#lost = lost;
  }

  /** Writes whole lines, or loses them where too much waits. They are copied. */
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

  /** Hands nothing on until it is released. */
  hold(): void {
    this.#held = true;
  }

  /** Hands on what waits. */
  release(): void {
    this.#held = false;
    this.#pump();
  }

  /** How many lines are lost of which nobody was told. */
  get lost(): number {
    return this.#lost;
  }

  /** What has not been handed on. */
  get waiting(): Uint8Array {
    return this.#buffer.slice(this.#start, this.#end);
  }

  /** The same, and before it the chunk that was handed on and may not be taken. */
  get unsent(): Uint8Array {
    const sending = this.#sending ?? new Uint8Array();
    const unsent = new Uint8Array(sending.length + this.#waiting);
    unsent.set(sending);
    unsent.set(this.waiting, sending.length);
    return unsent;
  }

  /** Loses what waits. */
  discard(): void {
    this.#lost += countLines(this.#buffer.subarray(this.#start, this.#end));
    this.#start = this.#end = 0;
  }

  /** Resolves when all is taken, or failed. */
  get idle(): Promise<void> {
    if (this.#sending === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #waiting(): number {
    return this.#end - this.#start;
  }

  /** Once half of the room is free: a slow reader is not told again and again. */
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
    // Moved within the same memory only where that makes half of it free, or moving would have no end.
    const enough = needed * 2 <= this.#buffer.length;
    const buffer = enough ? this.#buffer : new Uint8Array(Math.max(needed, INITIAL_SIZE) * 2);
    buffer.set(waiting);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = waiting.length;
  }

  #pump(): void {
    // A chunk that is taken at once is followed by the next one here, and not from within `done`.
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
