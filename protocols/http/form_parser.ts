/**
 * Reads the form of a request, in whichever media type it comes.
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

/** What is read of a request. */
export interface FormSource {
  readonly headers: HttpHeaders;
  readonly body: ReadableStream<Uint8Array> | null;
  /** The whole body. */
  bytes(options: BodyOptions): Promise<Uint8Array>;
}

/** Reads the form of a request. */
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
    // A field takes a hundred times the memory that its bytes do: they are counted before.
    if (hasMoreFields(bytes, maxFormFields)) {
      throw formTooLarge(`it has more than ${maxFormFields} fields`);
    }
    // A question mark would be taken off, as off a query.
    return new HttpForm(new URLSearchParams(`?${utf8.decode(bytes)}`));
  }
  throw new HttpError(415, "Cannot read the form: its media type is not a form's");
}

const AMPERSAND = 0x26;

/** Tells whether a form has more than `max` fields. Empty ones are left out. */
function hasMoreFields(bytes: Uint8Array, max: number): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const begins = bytes[at] !== AMPERSAND && (at === 0 || bytes[at - 1] === AMPERSAND);
    if (begins && ++count > max) return true;
  }
  return false;
}
