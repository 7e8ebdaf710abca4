/**
 * The options of HTTP, checked, with their defaults.
 *
 * @module
 */

import { type Bounds, checkNumber, checkNumbers, MAX_DELAY, MAX_SIZE } from "../../src/numbers.ts";
import { checkTypes } from "./option_types.ts";
import type {
  AccessLogOptions,
  CompressionOptions,
  HttpOptions,
  MultipartOptions,
} from "./options.ts";

const BOUNDS: Readonly<Record<string, Bounds>> = {
  maxRequestLineSize: [1, MAX_SIZE],
  maxHeaderSize: [1, MAX_SIZE],
  maxHeaderCount: [1, MAX_SIZE],
  maxCookies: [0, Infinity],
  maxQueryParameters: [0, Infinity],
  maxFormFields: [0, Infinity],
  maxJsonValues: [0, Infinity],
  maxBodySize: [1, Infinity],
  headerTimeout: [1, MAX_DELAY],
  bodyTimeout: [1, MAX_DELAY],
  minBodyRate: [1, MAX_SIZE],
  requestTimeout: [1, MAX_DELAY],
  keepAliveTimeout: [1, MAX_DELAY],
  maxRequestsPerConnection: [1, Infinity],
};

const MULTIPART_BOUNDS: Readonly<Record<keyof Omit<MultipartOptions, "folder">, Bounds>> = {
  maxFieldSize: [0, Infinity],
  maxFields: [0, Infinity],
  maxFileSize: [0, Infinity],
  maxFiles: [0, Infinity],
  maxFileMemory: [0, Infinity],
};

/** The options with all defaults filled in. */
export interface HttpSettings {
  readonly maxRequestLineSize: number;
  readonly maxHeaderSize: number;
  readonly maxHeaderCount: number;
  readonly maxCookies: number;
  readonly maxQueryParameters: number;
  readonly maxFormFields: number;
  readonly maxJsonValues: number;
  readonly maxBodySize: number | undefined;
  readonly headerTimeout: number;
  readonly bodyTimeout: number;
  readonly minBodyRate: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly maxRequestsPerConnection: number;
  readonly accessLog: AccessLogOptions | undefined;
  readonly compression: CompressionOptions | undefined;
  readonly multipart: MultipartOptions;
}

/**
 * Fills in the defaults.
 *
 * @throws {GoerError} `GOER_INVALID_ARGUMENT` if an option is unknown or not valid.
 */
export function httpSettings(options: HttpOptions): HttpSettings {
  checkTypes(options);
  const {
    maxRequestLineSize = 8192,
    maxHeaderSize = 16_384,
    maxHeaderCount = 100,
    maxCookies = 200,
    maxQueryParameters = 1000,
    maxFormFields = 1000,
    maxJsonValues = 100_000,
    maxBodySize,
    headerTimeout = 15_000,
    bodyTimeout = 30_000,
    minBodyRate = 500,
    requestTimeout = 300_000,
    keepAliveTimeout = 60_000,
    maxRequestsPerConnection = Infinity,
    accessLog = false,
    compression = false,
    multipart = {},
  } = options;
  const limits = {
    maxRequestLineSize,
    maxHeaderSize,
    maxHeaderCount,
    maxCookies,
    maxQueryParameters,
    maxFormFields,
    maxJsonValues,
    headerTimeout,
    bodyTimeout,
    minBodyRate,
    requestTimeout,
    keepAliveTimeout,
    maxRequestsPerConnection,
  };
  checkNumbers(options, BOUNDS);
  checkNumbers(multipart, MULTIPART_BOUNDS, "multipart.");
  if (typeof compression === "object") {
    checkNumber("compression.minSize", compression.minSize, [0, Infinity]);
  }
  return {
    ...limits,
    maxBodySize,
    accessLog: accessLog === false
      ? undefined
      : typeof accessLog === "string"
      ? { format: accessLog }
      : accessLog,
    compression: compression === true ? {} : compression === false ? undefined : compression,
    multipart,
  };
}
