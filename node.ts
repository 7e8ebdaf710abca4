/**
 * Runs libraries for Node on connections of Goer.
 *
 * @module
 */

export * from "./src/runtime/sockets/duplex.ts";
