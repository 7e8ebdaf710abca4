/**
 * Refuses unknown and mistyped options of HTTP.
 *
 * @module
 */

import {
  checkNestedOptions,
  checkOptions,
  FUNCTION,
  isObject,
  NUMBER,
  OBJECT,
  type OptionType,
  SWITCH,
  TEXT,
} from "../../src/option_types.ts";
import type {
  AccessLogOptions,
  CompressionOptions,
  HttpOptions,
  MultipartOptions,
} from "./options.ts";

const FORMATS: readonly unknown[] = ["common", "combined", "json"];
const ENCODINGS: readonly unknown[] = ["br", "gzip", "deflate"];

const TYPES: Readonly<Record<keyof HttpOptions, OptionType>> = {
  accessLog: [
    'false, "common", "combined", "json" or an object',
    (value) => value === false || FORMATS.includes(value) || isObject(value),
  ],
  bodyTimeout: NUMBER,
  compression: SWITCH,
  headerTimeout: NUMBER,
  keepAliveTimeout: NUMBER,
  maxBodySize: NUMBER,
  maxCookies: NUMBER,
  maxFormFields: NUMBER,
  maxHeaderCount: NUMBER,
  maxJsonValues: NUMBER,
  maxQueryParameters: NUMBER,
  maxHeaderSize: NUMBER,
  maxRequestLineSize: NUMBER,
  maxRequestsPerConnection: NUMBER,
  minBodyRate: NUMBER,
  multipart: OBJECT,
  requestTimeout: NUMBER,
};

const ACCESS_LOG_TYPES: Readonly<Record<keyof AccessLogOptions, OptionType>> = {
  format: ['"common", "combined" or "json"', (value) => FORMATS.includes(value)],
  write: FUNCTION,
};

const COMPRESSION_TYPES: Readonly<Record<keyof CompressionOptions, OptionType>> = {
  encodings: [
    'a list of "br", "gzip" and "deflate"',
    (value) => Array.isArray(value) && value.every((one) => ENCODINGS.includes(one)),
  ],
  minSize: NUMBER,
};

const MULTIPART_TYPES: Readonly<Record<keyof MultipartOptions, OptionType>> = {
  folder: TEXT,
  maxFieldSize: NUMBER,
  maxFields: NUMBER,
  maxFileMemory: NUMBER,
  maxFileSize: NUMBER,
  maxFiles: NUMBER,
};

/**
 * Checks the names and types of options.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or has the wrong type.
 */
export function checkTypes(options: HttpOptions): void {
  const set = { of: "createHttp" };
  checkOptions(options, { ...set, types: TYPES });
  checkNestedOptions(options, {
    accessLog: ACCESS_LOG_TYPES,
    compression: COMPRESSION_TYPES,
    multipart: MULTIPART_TYPES,
  }, set);
}
