/**
 * A client's connection: requests and replies of one service, over HTTP or with lines.
 *
 * @module
 */

/**
 * How long a reply may take, in ms. This does not measure speed: a worker may be stopped meanwhile.
 */
const ANSWER_TIMEOUT = 20_000;

/** Where a service is. */
export type Target = { port: number } | { path: string };

/** A connection to a service. */
export class Client implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(4096);
  #text = "";
  #closed = false;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects. */
  static async connect(target: Target): Promise<Client> {
    return new Client(
      "path" in target
        ? await Deno.connect({ transport: "unix", path: target.path })
        : await Deno.connect({ hostname: "127.0.0.1", port: target.port }),
    );
  }

  /** Sends a line; returns the reply. */
  async line(line: string): Promise<string> {
    return await this.#inTime(async () => {
      await this.say(line);
      return await this.#nextLine();
    });
  }

  /** The next line that comes. */
  async next(): Promise<string> {
    return await this.#inTime(() => this.#nextLine());
  }

  /** Sends a line. */
  async say(line: string): Promise<void> {
    await this.#write(`${line}\n`);
  }

  /** Makes an HTTP request; returns the response's body, and whether the connection stays open. */
  async http(): Promise<{ body: string; goesOn: boolean }> {
    return await this.#inTime(async () => {
      await this.#write("GET / HTTP/1.1\r\nhost: chaos\r\n\r\n");
      const head = await this.#until("\r\n\r\n");
      if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`the answer is ${head}`);
      const size = Number(/^content-length: (\d+)/mi.exec(head)![1]);
      while (this.#text.length < size) await this.#read();
      const body = this.#text.slice(0, size);
      this.#text = this.#text.slice(size);
      return { body, goesOn: !/^connection: close/mi.test(head) };
    });
  }

  async #inTime<T>(body: () => Promise<T>): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this[Symbol.dispose]();
    }, ANSWER_TIMEOUT);
    try {
      return await body();
    } catch (error) {
      throw late ? new Error(`there is no answer within ${ANSWER_TIMEOUT} ms`) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }

  async #nextLine(): Promise<string> {
    return (await this.#until("\n")).trimEnd();
  }

  /** Everything up to a mark, including it. */
  async #until(mark: string): Promise<string> {
    while (!this.#text.includes(mark)) await this.#read();
    const end = this.#text.indexOf(mark) + mark.length;
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return text;
  }

  async #read(): Promise<void> {
    const count = await this.#connection.read(this.#buffer);
    if (count === null) {
      throw new Error(`the connection has ended after ${this.#text.length} bytes`);
    }
    this.#text += this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }
}
