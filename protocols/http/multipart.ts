/**
 * Reads `multipart/form-data`, with `@fastify/busboy`: of the parsers that take a stream and give
 * each file as one, it is the one that many depend on, and that reads every cut of the bytes alike.
 *
 * @module
 */

import { badBody, HttpError } from "./http_error.ts";
import { FormFile, HttpForm } from "./form.ts";
import type { HttpRequest } from "./request.ts";

/** Options for forms with files. Sizes are bytes. */
export interface MultipartOptions {
  /**
   * The largest value of a field. A larger one is answered with 413.
   *
   * @default {1048576}
   */
  maxFieldSize?: number;
  /**
   * The most fields. More are answered with 413.
   *
   * @default {1000}
   */
  maxFields?: number;
  /** The largest file. A larger one is answered with 413. Default: as large as the body may be. */
  maxFileSize?: number;
  /**
   * The most files. More are answered with 413.
   *
   * @default {100}
   */
  maxFiles?: number;
  /**
   * The largest file that is kept in memory. A larger one is written to disk as it arrives.
   *
   * @default {65536}
   */
  maxFileMemory?: number;
  /** The folder for such files. Default: the system's for temporary ones. */
  folder?: string;
}

/** The parts of `@fastify/busboy` that are used here. */
interface Parser {
  on(
    event: "field",
    listener: (name: string, value: string, nameCut: boolean, valueCut: boolean) => void,
  ): void;
  on(
    event: "file",
    listener: (
      field: string,
      stream: FileStream,
      name: string | undefined,
      encoding: string,
      type: string,
    ) => void,
  ): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(
    event: "finish" | "partsLimit" | "filesLimit" | "fieldsLimit",
    listener: () => void,
  ): void;
  write(bytes: Uint8Array, callback: (error?: Error | null) => void): void;
  end(): void;
  destroy(): void;
}

interface FileStream extends AsyncIterable<Uint8Array> {
  readonly truncated: boolean;
  resume(): void;
  destroy(error?: Error): void;
}

/** The most bytes and header fields of a part's head. */
const MAX_PART_HEAD = { headerPairs: 32, headerSize: 8192, fieldNameSize: 1024 };

/** Reads the fields and files of a request. */
export async function parseMultipart(
  request: HttpRequest,
  options: MultipartOptions & { maxSize?: number },
): Promise<HttpForm> {
  const { maxFields = 1000, maxFiles = 100 } = options;
  const parser = await openParser(request, options);
  const fields: [string, string][] = [];
  const files: FormFile[] = [];
  const streams: FileStream[] = [];
  const writing: Promise<void>[] = [];
  const finished = new Promise<void>((resolve) => parser.on("finish", resolve));
  let fail!: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => fail = reject);
  failed.catch(() => {});

  parser.on("error", (error) => fail(new HttpError(400, badBody(error.message).message)));
  parser.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) fail(tooMuch("a field is too long"));
    fields.push([name, value]);
  });
  parser.on("file", (field, stream, name, _encoding, type) => {
    // Browsers send an empty part for a file that was not chosen.
    if (name === undefined || name === "") return stream.resume();
    const file = new FormFile(field, baseName(name), type);
    files.push(file);
    streams.push(stream);
    writing.push(
      receive(file, stream, options).catch((error) => {
        stream.resume();
        fail(error);
      }),
    );
  });
  parser.on("fieldsLimit", () => fail(tooMuch(`it has more than ${maxFields} fields`)));
  parser.on("filesLimit", () => fail(tooMuch(`it has more than ${maxFiles} files`)));
  parser.on("partsLimit", () => fail(tooMuch("it has too many parts")));

  try {
    await Promise.race([feed(request, parser, options.maxSize), failed]);
    await Promise.race([finished, failed]);
    await Promise.race([Promise.all(writing), failed]);
    return new HttpForm(fields, files);
  } catch (error) {
    parser.destroy();
    // The parser leaves the file that it was in the midst of neither ended nor failed.
    for (const stream of streams) stream.destroy();
    await Promise.allSettled(writing);
    await new HttpForm([], files).dispose();
    throw error;
  }
}

async function openParser(request: HttpRequest, options: MultipartOptions): Promise<Parser> {
  const { maxFieldSize = 1_048_576, maxFields = 1000, maxFileSize, maxFiles = 100 } = options;
  const module = await import("@fastify/busboy");
  const Busboy = (module.Busboy ?? module.default) as unknown as new (config: object) => Parser;
  try {
    return new Busboy({
      headers: { "content-type": request.headers.get("content-type") },
      limits: {
        fieldSize: maxFieldSize,
        fields: maxFields,
        fileSize: maxFileSize,
        files: maxFiles,
        parts: maxFields + maxFiles,
        ...MAX_PART_HEAD,
      },
    });
  } catch (cause) {
    throw new HttpError(400, "Cannot read the form: its boundary is missing", { cause });
  }
}

/** Passes the body on, as fast as its files are written. */
async function feed(request: HttpRequest, parser: Parser, maxSize = Infinity): Promise<void> {
  const reader = request.body?.getReader();
  let size = 0;
  try {
    for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
      const bytes = piece.value;
      size += bytes.length;
      if (size > maxSize) throw tooMuch(`it is over ${maxSize} bytes`);
      await new Promise<void>((resolve, reject) => {
        parser.write(bytes, (error) => error ? reject(error) : resolve());
      });
    }
    parser.end();
  } finally {
    reader?.cancel().catch(() => {});
  }
}

async function receive(
  file: FormFile,
  stream: FileStream,
  { maxFileMemory = 65_536, folder }: MultipartOptions,
): Promise<void> {
  for await (const piece of stream) await file.write(piece, { maxMemory: maxFileMemory, folder });
  if (stream.truncated) throw tooMuch("a file is too large");
  await file.end();
}

/** Some clients send the whole path. */
function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

function tooMuch(reason: string): HttpError {
  return new HttpError(413, `Cannot read the form: ${reason}`);
}
