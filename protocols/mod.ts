/**
 * The protocols of Goer, and the types to write your own.
 *
 * @module
 */

export * from "../src/protocol/buffers.ts";
export * from "../src/protocol/protocol.ts";
export * from "../src/protocol/session.ts";
export * from "./frame.ts";
export * from "./raw.ts";
export * from "./text.ts";
