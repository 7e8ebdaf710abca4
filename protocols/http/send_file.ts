/**
 * Answers with files: whole, in part, or not at all where the client has them already.
 *
 * @module
 */

import * as std from "@std/http/etag";
import { type ContentFile, joinNames, openContent } from "../../src/runtime/content_files.ts";
import type { HttpRequest } from "./request.ts";
import { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
import { HttpResponse } from "./response.ts";

/** Options of {@linkcode sendFile}. */
export interface SendFileOptions {
  /**
   * The folder that the file must be in, symbolic links followed. The path is then taken as a client
   * sends it: percent-encoded, from this folder on. Without it the path is taken as it is: it must
   * not come from a client.
   */
  root?: string;
  /**
   * The file that stands for a folder whose path ends with a slash.
   *
   * @default {"index.html"}
   */
  index?: string;
  /**
   * Whether names that begin with a dot are sent; `/.well-known/` always is.
   *
   * @default {false}
   */
  hidden?: boolean;
  /** Header fields, such as `Cache-Control` or a `Content-Type` that the name does not tell. */
  headers?: HttpHeadersInit;
}

/** The functions of `@std/http/etag` as they are called here. */
interface StdEtag {
  ifMatch(value: string | null, tag: string): boolean;
  ifNoneMatch(value: string | null, tag: string): boolean;
}

const { ifMatch, ifNoneMatch } = std as unknown as StdEtag;

/**
 * Makes the answer that sends a file: its media type, ETag and Last-Modified, conditional requests
 * and ranges as RFC 9110 has them. A file takes the memory of one piece, however large it is.
 *
 * @param request The request.
 * @param path The file; see `root`.
 * @param options Where it may be.
 * @returns The answer: also 404 where there is no such file, 405 for methods other than GET and HEAD.
 *
 * @example
 * ```ts
 * import { type HttpRequest, type HttpResponse, sendFile } from "@goer/goer/protocols/http";
 *
 * export async function onMessage(
 *   connection: { send(answer: HttpResponse): unknown },
 *   request: HttpRequest,
 * ) {
 *   connection.send(await sendFile(request, request.path, { root: "public" }));
 * }
 * ```
 */
export async function sendFile(
  request: HttpRequest,
  path: string,
  options: SendFileOptions = {},
): Promise<HttpResponse> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new HttpResponse(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { root } = options;
  const place = root === undefined ? path : await placeBelow(root, path, options);
  const file = place === undefined ? undefined : await openContent(place, { root });
  if (file === "directory") return redirectToFolder(request, root);
  if (file === undefined) return new HttpResponse("Not Found\n", { status: 404 });
  try {
    return await answer(request, file, await fieldsOf(file, place!, options.headers));
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The file that a client's path names; `undefined` where it may not be sent. */
async function placeBelow(
  root: string,
  path: string,
  { index = "index.html", hidden = false }: SendFileOptions,
): Promise<string | undefined> {
  const names: string[] = [];
  for (const part of path.split("/")) {
    const name = decoded(part);
    // A name holds no separator of any system, and none leads upwards.
    if (name === undefined || /[/\\\0]/.test(name) || name === "..") return undefined;
    if (!hidden && name.startsWith(".") && name !== "." && name !== ".well-known") {
      return undefined;
    }
    if (name !== "" && name !== ".") names.push(name);
  }
  if (path.endsWith("/")) names.push(index);
  return await joinNames(root, names);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** A folder's own path ends with a slash, or links in its index would not lead into it. */
function redirectToFolder(request: HttpRequest, root: string | undefined): HttpResponse {
  if (root === undefined || request.path.endsWith("/")) {
    return new HttpResponse("Not Found\n", { status: 404 });
  }
  // Two slashes at the front would name another host.
  const query = request.queryString === "" ? "" : `?${request.queryString}`;
  return HttpResponse.redirect(`/${request.path.replace(/^\/+/, "")}/${query}`, 301);
}

async function fieldsOf(
  file: ContentFile,
  path: string,
  init: HttpHeadersInit | undefined,
): Promise<HttpHeaders> {
  const headers = new HttpHeaders(init);
  if (!headers.has("content-type")) headers.set("content-type", await mediaType(path));
  if (!headers.has("etag")) headers.set("etag", tagOf(file));
  return headers.set("last-modified", file.modified.toUTCString()).set("accept-ranges", "bytes");
}

/** A strong tag, for ranges; that of `@std/http` needs Node 22. */
function tagOf({ size, modified }: ContentFile): string {
  return `"${size.toString(16)}-${modified.getTime().toString(16)}"`;
}

async function mediaType(path: string): Promise<string> {
  // The table of all types is large: who sends no files does not load it.
  const { contentType } = await import("@std/media-types/content-type") as unknown as {
    contentType(extension: string): string | undefined;
  };
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot) : "";
  return (extension && contentType(extension)) || "application/octet-stream";
}

/** What RFC 9110, section 13.2.2, makes of conditions and ranges, in that order. */
function answer(request: HttpRequest, file: ContentFile, headers: HttpHeaders): HttpResponse {
  const tag = headers.get("etag")!;
  const condition = unmetCondition(request.headers, tag, file.modified);
  if (condition !== undefined) {
    file.close();
    return new HttpResponse(null, { status: condition, headers });
  }
  const range = request.method === "GET" && rangeApplies(request.headers, tag, file.modified)
    ? parseRange(request.headers.get("range"), file.size)
    : undefined;
  if (range === "unsatisfiable") {
    file.close();
    const fields = { "content-range": `bytes */${file.size}` };
    return new HttpResponse(null, { status: 416, headers: fields });
  }
  const { start, end } = range ?? { start: 0, end: file.size };
  headers.set("content-length", String(end - start));
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${file.size}`);
  const status = range === undefined ? 200 : 206;
  return new HttpResponse(file.read(start, end), { status, headers });
}

/** 412 or 304 where the client's conditions are not met. */
function unmetCondition(headers: HttpHeaders, tag: string, modified: Date): number | undefined {
  const match = headers.get("if-match");
  if (match !== null) {
    if (!ifMatch(match, tag)) return 412;
  } else if (isLater(modified, headers.get("if-unmodified-since"))) return 412;
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) return ifNoneMatch(noneMatch, tag) ? undefined : 304;
  const since = headers.get("if-modified-since");
  return since !== null && isLater(modified, since) === false ? 304 : undefined;
}

/** Whether a file has changed after a date; `undefined` where that is none. Seconds are compared. */
function isLater(modified: Date, date: string | null): boolean | undefined {
  const time = date === null ? NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : Math.floor(modified.getTime() / 1000) * 1000 > time;
}

/** Whether the client's part is one of the very file that is sent now (section 13.1.5). */
function rangeApplies(headers: HttpHeaders, tag: string, modified: Date): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (condition.startsWith('"')) return condition === tag;
  return condition === modified.toUTCString();
}

/**
 * One range of bytes (section 14.1.2). A field that cannot be read, or asks for several ranges, is
 * ignored, as the section allows: the whole file is sent.
 */
function parseRange(
  value: string | null,
  size: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(value ?? "");
  if (match === null || match[1] === "" && match[2] === "") return undefined;
  const [, first, last] = match;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
