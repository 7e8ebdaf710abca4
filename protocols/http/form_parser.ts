/**
 * Parses the form of a request, depending on its media type.
 *
 * @module
 */

import type { BodyOptions } from "./body.ts";
import { formTooLarge, HttpForm } from "./form.ts";
import type { HttpHeaders } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import { parseParameters } from "./parameters.ts";
import type { HttpSettings } from "./settings.ts";

const utf8 = new TextDecoder();

/** A boundary is at most 70 characters long (RFC 2046, section 5.1.1). */
const BOUNDARY = /^[ -~]{1,70}$/;

/** The parts of a request that are used. */
export interface FormSource {
  readonly headers: HttpHeaders;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body. */
  bytes(options: BodyOptions): Promise<Uint8Array>;
}

/** Parses the form of a request. */
export async function parseForm(
  request: FormSource,
  { multipart, maxFormFields }: HttpSettings,
  options: BodyOptions,
): Promise<HttpForm> {
  const type = parseParameters(request.headers.get("content-type") ?? "");
  if (type?.value === "multipart/form-data") {
    const boundary = type.parameters.get("boundary");
    if (boundary === undefined || !BOUNDARY.test(boundary)) {
      throw new HttpError(400, "Cannot read the form: its media type has no valid boundary");
    }
    const { parseMultipart } = await import("./multipart.ts");
    const { maxFields = maxFormFields } = multipart;
    const { maxSize } = options;
    return parseMultipart(request.body, boundary, { ...multipart, maxFields, maxSize });
  }
  if (type?.value === "application/x-www-form-urlencoded") {
    const bytes = await request.bytes(options);
    // A field takes a hundred times the memory of its bytes, so fields are counted first.
    if (hasMoreFields(bytes, maxFormFields)) {
      throw formTooLarge(`it has more than ${maxFormFields} fields`);
    }
    // `URLSearchParams` removes a leading question mark, which belongs to the form.
    return new HttpForm(new URLSearchParams(`?${utf8.decode(bytes)}`));
  }
  throw new HttpError(415, "Cannot read the form: its media type is not a form's");
}

const AMPERSAND = 0x26;

/** Tells whether a form has more than `max` fields, without empty ones. */
function hasMoreFields(bytes: Uint8Array, max: number): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const begins = bytes[at] !== AMPERSAND && (at === 0 || bytes[at - 1] === AMPERSAND);
    if (begins && ++count > max) return true;
  }
  return false;
}
