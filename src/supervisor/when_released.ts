/**
 * Waits for an address that another process is about to leave.
 *
 * @module
 */

import { GoerError } from "../errors.ts";
import { delay } from "../runtime/process/native_timer.ts";

/** How long an address may still be in use after its supervisor died, in ms. */
export const RELEASE_TIME = 2000;

const RETRY_DELAY = 50;

/**
 * Opens a socket, and retries while its address is in use.
 *
 * @param time How long another process may take to leave the address, in ms.
 * @param open Opens the socket.
 */
export async function whenReleased<T>(time: number, open: () => Promise<T>): Promise<T> {
  const end = performance.now() + time;
  while (true) {
    try {
      return await open();
    } catch (error) {
      const inUse = error instanceof GoerError && error.code === "GOER_ADDRESS_IN_USE";
      if (!inUse || performance.now() >= end) throw error;
    }
    // No system reports that an address is free.
    await delay(RETRY_DELAY);
  }
}
