/**
 * The options of HTTP, with their defaults.
 *
 * @module
 */

import {
  type Bounds,
  checkNumber,
  checkNumbers,
  MAX_DELAY,
  MAX_SIZE,
  rangeError,
} from "../../src/numbers.ts";
import type { AccessLogOptions } from "./access_log.ts";
import type { CompressionOptions } from "./compression.ts";
import type { MultipartOptions } from "./multipart.ts";
import { checkTypes } from "./option_types.ts";

/**
 * Options of {@linkcode createHttp}. Sizes are whole bytes and durations whole ms, from 1 to 2,147,483,647
 * (about 24 days); `maxBodySize` and `maxRequestsPerConnection` may be more, or `Infinity`.
 */
export interface HttpOptions {
  /**
   * The longest request line. A longer one is answered with 414.
   *
   * @default {8192}
   */
  maxRequestLineSize?: number;
  /**
   * The most bytes of all header fields of a request together. More is answered with 431.
   *
   * @default {16384}
   */
  maxHeaderSize?: number;
  /**
   * The most header fields of a request. More is answered with 431.
   *
   * @default {100}
   */
  maxHeaderCount?: number;
  /**
   * The most cookies of a request. With more, `request.cookies` throws, and the answer is 431. Browsers
   * keep at most 180 for a site.
   *
   * @default {200}
   */
  maxCookies?: number;
  /**
   * The most parameters of a query. With more, `request.query` throws, and the answer is 400. Each takes
   * some hundred bytes of memory, however short it is.
   *
   * @default {1000}
   */
  maxQueryParameters?: number;
  /**
   * The most fields of a form, as PHP's `max_input_vars` and Node's `querystring` have it. More are
   * answered with 413 before any of them is read.
   *
   * @default {1000}
   */
  maxFormFields?: number;
  /**
   * The most values of a JSON body, counted by its brackets, braces and commas. More are answered with 413
   * before any of them is read: `[[],[],…` takes tens of bytes of memory for each of its own. Raise it if
   * your clients send long arrays.
   *
   * @default {100000}
   */
  maxJsonValues?: number;
  /**
   * The largest body, whether it is read whole or as a stream. A larger one is answered with 413.
   * Default: the service's `maxPackageSize`.
   */
  maxBodySize?: number;
  /**
   * How long a head may take, from its first byte, or from the connection's begin, to its last.
   * After that the answer is 408.
   *
   * @default {15000}
   */
  headerTimeout?: number;
  /**
   * How long a client may send less of a body than {@linkcode HttpOptions.minBodyRate} allows, from the
   * head on; and how long the rest of a body that nobody reads may take, from the answer on. The time
   * that a slow reader takes does not count. After that the answer is 408, unless it has been sent
   * already.
   *
   * @default {30000}
   */
  bodyTimeout?: number;
  /**
   * How many bytes of a body a client has to send per second, on average over each `bodyTimeout`. By
   * default that is 15,000 bytes in 30 seconds. Any network is faster: a client that sends less only
   * keeps the request open.
   *
   * @default {500}
   */
  minBodyRate?: number;
  /**
   * How long a client may take to send a whole request, from the first byte of its head to the last byte
   * of its body. After that the answer is 408. Time in which the application does not read the body does
   * not count. Raise it if your clients send bodies that take longer.
   *
   * @default {300000}
   */
  requestTimeout?: number;
  /**
   * How long a connection is kept that nothing is asked on, from when its last answer has left.
   *
   * @default {60000}
   */
  keepAliveTimeout?: number;
  /**
   * The most requests of one connection: the answer to the last says `Connection: close`. A limit
   * spreads the clients that never leave over the workers again.
   *
   * @default {Infinity}
   */
  maxRequestsPerConnection?: number;
  /**
   * Writes a line for every answer: `"common"`, `"combined"` (both as Apache and nginx have them) or
   * `"json"` to the standard output, or an object that says where to.
   *
   * @default {false}
   */
  accessLog?: false | "common" | "combined" | "json" | AccessLogOptions;
  /**
   * Compresses text with what the client takes of br, gzip and deflate. Leave it off where answers
   * hold secrets beside what a stranger can put into them (the BREACH attack).
   *
   * @default {false}
   */
  compression?: boolean | CompressionOptions;
  /** The limits of `multipart/form-data`, and where its files go. */
  multipart?: MultipartOptions;
}

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

/** The options with every default filled in. */
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
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or it is of another type.
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
  checkNumbers(options, BOUNDS, rangeError);
  checkNumbers(multipart, MULTIPART_BOUNDS, rangeError, "multipart.");
  if (typeof compression === "object") {
    checkNumber("compression.minSize", compression.minSize, [0, Infinity], rangeError);
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
