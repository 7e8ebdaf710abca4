/**
 * Blocks of memory that connections borrow while bytes wait in them, and give back: an idle
 * connection holds none.
 *
 * @module
 */

/** The size of a block, in bytes: what a burst of small messages fits in. */
export const BLOCK_SIZE: number = 16 * 1024;

/** How many free blocks are kept for the next that asks: 4 MiB in all. */
const MAX_FREE_BLOCKS = 256;

/** What stands where no block is borrowed. */
export const NO_BLOCK: Uint8Array = new Uint8Array(0);

const free: Uint8Array[] = [];

/** Borrows a block. What it holds is arbitrary. */
export function takeBlock(): Uint8Array {
  return free.pop() ?? new Uint8Array(BLOCK_SIZE);
}

/** Gives `bytes` back, if it is a block; nobody may hold a view of it any more. */
export function returnBlock(bytes: Uint8Array): void {
  if (bytes.length === BLOCK_SIZE && free.length < MAX_FREE_BLOCKS) free.push(bytes);
}
