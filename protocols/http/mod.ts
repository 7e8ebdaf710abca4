/**
 * HTTP/1.1 as a protocol: `http` as it is, `createHttp` with other limits.
 *
 * @module
 */

export { createHttp, http } from "./protocol.ts";
export type { HttpAnswer } from "./answer.ts";
export type { HttpOptions } from "./options.ts";
export { type BodyOptions, HttpRequest, type UpgradeOptions } from "./request.ts";
export { type HttpBody, HttpResponse, type HttpResponseInit } from "./response.ts";
export { HttpHeaders, type HttpHeadersInit } from "./headers.ts";
export { HttpError } from "./http_error.ts";
export { FormFile, HttpForm } from "./form.ts";
export type { MultipartOptions } from "./multipart.ts";
export type { CompressionOptions } from "./compression.ts";
export type { Encoding } from "../../src/runtime/compression.ts";
export type { AccessLogOptions } from "./access_log.ts";
export type { Cookie } from "./cookies.ts";
export { type FetchHandler, fetchHandler, type FetchInfo, toWebRequest } from "./fetch.ts";
export { sendEvents, type ServerSentEvent } from "./events.ts";
export { sendFile, type SendFileOptions } from "./send_file.ts";
