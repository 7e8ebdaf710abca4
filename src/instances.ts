/**
 * The services that have been made in this process and do not listen yet: `runAll` runs all of them.
 *
 * @module
 */

/** In the order in which they were made. */
export const instances: Set<object> = new Set();
