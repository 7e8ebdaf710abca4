/**
 * Where a stream connection stands in its life; it only ever goes on to a later state.
 *
 * @module
 */

/** Messages come and go. */
export const OPEN: number = 0;
/** The session has said its last word and waits for the peer's. */
export const FAREWELL: number = 1;
/** The session still sends the message that the connection ends with. */
export const LAST: number = 2;
/** What waits is being sent; what still comes is dropped. */
export const CLOSING: number = 3;
/** This side has ended; the peer's end is awaited. */
export const ENDED: number = 4;
/** The socket is gone. */
export const CLOSED: number = 5;

/** See {@linkcode patienceOf}. */
const LINGER_PATIENCE = 4;
const LAST_PATIENCE = 0.75;

/**
 * How many more times `lingerTimeout` a closing connection waits while bytes wait for the peer: one that
 * reads slowly, but steadily, shows it seldom (see `src/runtime/system_queue.ts`).
 *
 * @param reason Why it closes: at a `"restart"` the process is to end soon.
 */
export function patienceOf(reason: "close" | "restart" | "error"): number {
  return reason === "restart" ? LAST_PATIENCE : LINGER_PATIENCE;
}
