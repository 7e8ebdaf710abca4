/**
 * Parses `multipart/form-data`: fields into memory, files into memory or onto disk.
 *
 * @module
 */

import { checkNumber } from "../../src/numbers.ts";
import { FormFile, formTooLarge, HttpForm } from "./form.ts";
import { decodeCharset, MultipartParser, type PartHead } from "./multipart_parser.ts";
import type { MultipartOptions } from "./options.ts";

/** The options of one form. */
interface FormLimits extends MultipartOptions {
  maxFields: number;
  maxSize?: number;
}

/** Parses the body of a request. */
export async function parseMultipart(
  body: ReadableStream<Uint8Array> | null,
  boundary: string,
  { maxSize = Infinity, ...options }: FormLimits,
): Promise<HttpForm> {
  checkNumber("maxSize", maxSize, [0, Infinity]);
  const reader = body?.getReader();
  const parser = new MultipartParser(boundary);
  const collector = new FormCollector(options);
  let size = 0;
  try {
    for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
      size += piece.value.length;
      if (size > maxSize) throw formTooLarge(`it is over ${maxSize} bytes`);
      for (const item of parser.read(piece.value)) {
        if (item instanceof Uint8Array) await collector.add(item);
        else await collector.begin(item);
      }
    }
    parser.end();
    return await collector.end();
  } catch (error) {
    await collector.dispose();
    throw error;
  } finally {
    reader?.cancel().catch(() => {});
  }
}

/** Collects the parts of one form. */
class FormCollector {
  readonly #options: Omit<FormLimits, "maxSize">;
  readonly #fields: [name: string, value: string][] = [];
  readonly #files: FormFile[] = [];
  /** The current part. A field is collected like a file. */
  #head: PartHead | undefined;
  #content: FormFile | undefined;
  #fileCount = 0;
  /** The character encoding of fields that do not specify one (RFC 7578, section 4.6). */
  #charset: string | undefined;

  constructor(options: Omit<FormLimits, "maxSize">) {
    this.#options = options;
  }

  /** Starts a part. */
  async begin(head: PartHead): Promise<void> {
    await this.#finishPart();
    const { maxFields, maxFiles = 100 } = this.#options;
    const { name, filename, type } = head;
    this.#head = head;
    this.#content = new FormFile(name, baseName(filename ?? ""), type);
    if (filename === undefined) {
      if (this.#fields.length === maxFields) {
        throw formTooLarge(`it has more than ${maxFields} fields`);
      }
    } else {
      if (this.#fileCount++ === maxFiles) throw formTooLarge(`it has more than ${maxFiles} files`);
      this.#files.push(this.#content);
    }
  }

  /** Adds to the current part. */
  add(bytes: Uint8Array): Promise<void> {
    const { maxFieldSize = 1_048_576, maxFileSize = Infinity } = this.#options;
    const { maxFileMemory = 65_536, folder } = this.#options;
    const isFile = this.#head!.filename !== undefined;
    if (this.#content!.size + bytes.length > (isFile ? maxFileSize : maxFieldSize)) {
      throw formTooLarge(isFile ? "a file is too large" : "a field is too long");
    }
    return this.#content!.write(bytes, { maxMemory: isFile ? maxFileMemory : Infinity, folder });
  }

  /** All parts are complete. */
  async end(): Promise<HttpForm> {
    await this.#finishPart();
    return new HttpForm(this.#fields, this.#files);
  }

  /** Removes files from disk. */
  async dispose(): Promise<void> {
    await new HttpForm([], this.#files).dispose();
  }

  async #finishPart(): Promise<void> {
    const [head, content] = [this.#head, this.#content];
    if (head === undefined || content === undefined) return;
    if (head.filename === undefined) {
      const value = decodeCharset(await content.bytes(), head.charset ?? this.#charset);
      if (head.name === "_charset_") this.#charset = value;
      this.#fields.push([head.name, value]);
    } else if (head.filename === "" && content.size === 0) {
      // Browsers send an empty part if no file was chosen.
      this.#files.pop();
    } else await content.end();
  }
}

/** Some clients send the whole path. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
