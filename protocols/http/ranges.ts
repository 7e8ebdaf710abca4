/**
 * Ranges of bytes (RFC 9110, section 14).
 *
 * @module
 */

/** One range. A list can have empty members before and after it (section 5.6.1). */
const SINGLE_RANGE = /^bytes=[ \t,]*(\d*)-(\d*)[ \t,]*$/i;

/** The bytes from `start` up to `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a Range field (section 14.1.2). Invalid and multiple ranges are ignored, as section 14.2
 * allows, so the whole content is sent.
 *
 * @param value Its value; `null` if the field does not exist.
 * @param size The size of the content, in bytes.
 */
export function parseRange(
  value: string | null,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = SINGLE_RANGE.exec(value ?? "");
  if (match === null) return undefined;
  const [first, last] = [match[1], match[2]];
  if (first === "") {
    if (last === "") return undefined;
    const count = Math.min(Number(last), size);
    if (Number(last) === 0) return "unsatisfiable";
    // Content-Range cannot describe an empty range, so the whole (empty) content is sent.
    return count === 0 ? undefined : { start: size - count, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
