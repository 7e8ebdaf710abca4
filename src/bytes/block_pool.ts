/**
 * Blocks of memory that connections borrow while bytes are queued, so that an idle connection holds
 * none.
 *
 * @module
 */

/** The size of a block, in bytes. A burst of small messages fits in it. */
export const BLOCK_SIZE: number = 16 * 1024;

/** The size of a small block, in bytes: a message or two, because many connections may hold one. */
const SMALL_BLOCK_SIZE = 1024;

/** How much memory free blocks of each size may occupy, in bytes. */
const MAX_FREE = 4 * 1024 * 1024;

/** The value of a field that holds no block. */
export const NO_BLOCK: Uint8Array = new Uint8Array(0);

const free: Uint8Array[] = [];
const freeSmall: Uint8Array[] = [];

/**
 * Borrows a block. Its content is arbitrary.
 *
 * @param size The minimum size, up to {@linkcode BLOCK_SIZE}.
 */
export function takeBlock(size: number): Uint8Array {
  if (size > SMALL_BLOCK_SIZE) return free.pop() ?? new Uint8Array(BLOCK_SIZE);
  return freeSmall.pop() ?? new Uint8Array(SMALL_BLOCK_SIZE);
}

/** Returns `bytes` to the pool, if it is a block. Nothing may hold a view of it any more. */
export function returnBlock(bytes: Uint8Array): void {
  if (bytes.length === BLOCK_SIZE) keep(bytes, free);
  else if (bytes.length === SMALL_BLOCK_SIZE) keep(bytes, freeSmall);
}

function keep(block: Uint8Array, blocks: Uint8Array[]): void {
  if (blocks.length * block.length < MAX_FREE) blocks.push(block);
}
