/**
 * The fields and files of forms.
 *
 * @module
 */

import {
  createTemporaryFile,
  findContent,
  moveFile,
  type TemporaryFile,
  writeContent,
} from "../../src/runtime/files/content_files.ts";
import { HttpError } from "./http_error.ts";

/** A file of a form: in memory if it is small, otherwise on disk. */
export class FormFile {
  /** The name of the form's field. */
  readonly field: string;
  /** The file's name from the client, without folders. Never use it as a path. */
  readonly name: string;
  /** The media type from the client. */
  readonly type: string;
  #pieces: Uint8Array[] = [];
  #file: TemporaryFile | undefined;
  #size = 0;

  /**
   * Created by the form's parser.
   *
   * @param field The name of the form's field.
   * @param name The file's name.
   * @param type The media type.
   */
  constructor(field: string, name: string, type: string) {
    this.field = field;
    this.name = name;
    this.type = type;
  }

  /** The size in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Its path on disk until the response is sent; `undefined` while it is in memory. */
  get path(): string | undefined {
    return this.#file?.path;
  }

  /** Adds bytes. Over `maxMemory`, moves the content to disk. */
  async write(
    bytes: Uint8Array,
    { maxMemory, folder }: { maxMemory: number; folder?: string },
  ): Promise<void> {
    this.#size += bytes.length;
    if (this.#file === undefined && this.#size > maxMemory) {
      this.#file = await createTemporaryFile(folder);
      for (const piece of this.#pieces.splice(0)) await this.#file.write(piece);
    }
    if (this.#file === undefined) this.#pieces.push(bytes.slice());
    else await this.#file.write(bytes);
  }

  /** The file is complete. */
  async end(): Promise<void> {
    await this.#file?.close();
  }

  /** The file's bytes, piece by piece. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#file === undefined) {
      yield* this.#pieces;
      return;
    }
    const content = await findContent(this.#file.path);
    if (content === undefined || content === "directory") {
      throw new TypeError(`Cannot read the file '${this.name}': it has been moved or removed`);
    }
    yield* content.read(0, content.size);
  }

  /** The file's bytes. */
  async bytes(): Promise<Uint8Array> {
    const whole = new Uint8Array(this.#size);
    let end = 0;
    for await (const piece of this) {
      whole.set(piece, end);
      end += piece.length;
    }
    return whole;
  }

  /** The file decoded as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * Keeps the file.
   *
   * @param path The new path. An existing file is replaced.
   */
  async moveTo(path: string): Promise<void> {
    if (this.#file !== undefined) await moveFile(this.#file.path, path);
    else await writeContent(path, await this.bytes());
  }

  /** Removes it from disk. */
  async dispose(): Promise<void> {
    await this.#file?.remove();
  }
}

/**
 * The content of a form. A name can occur several times.
 *
 * @example
 * ```ts
 * import { Goer } from "@goer/goer";
 *
 * const goer = new Goer("http://127.0.0.1:0");
 * goer.onMessage = async (connection, request) => {
 *   const form = await request.form();
 *   connection.send(`${form.get("name")} and ${form.file("notes")?.size} bytes`);
 * };
 * await using service = await goer.listen();
 * const body = new FormData();
 * body.set("name", "you");
 * body.set("notes", new File(["three"], "notes.txt"));
 * const response = await fetch(service.address, { method: "POST", body });
 * if (await response.text() !== "you and 5 bytes") throw new Error();
 * ```
 */
export class HttpForm {
  readonly #fields: (readonly [name: string, value: string])[];
  readonly #files: readonly FormFile[];

  /**
   * Created by the form's parser.
   *
   * @param fields Names and values.
   * @param files The files.
   */
  constructor(fields: Iterable<readonly [string, string]>, files: readonly FormFile[] = []) {
    this.#fields = [...fields];
    this.#files = files;
  }

  /** The first value of a field. */
  get(name: string): string | undefined {
    return this.#fields.find((field) => field[0] === name)?.[1];
  }

  /** All values of a field. */
  getAll(name: string): string[] {
    return this.#fields.filter((field) => field[0] === name).map((field) => field[1]);
  }

  /** All fields in order. */
  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    return this.#fields.values();
  }

  /** The first file of a field. */
  file(field: string): FormFile | undefined {
    return this.#files.find((file) => file.field === field);
  }

  /** All files, or those of one field. */
  files(field?: string): FormFile[] {
    return this.#files.filter((file) => field === undefined || file.field === field);
  }

  /** Removes the files from disk. Happens automatically after the response. */
  async dispose(): Promise<void> {
    for (const file of this.#files) await file.dispose();
  }
}

/** The form exceeds a limit: 413. */
export function formTooLarge(reason: string): HttpError {
  return new HttpError(413, `Cannot read the form: ${reason}`);
}
