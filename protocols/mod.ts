/**
 * The protocols that Goer speaks, and what it takes to make another.
 *
 * @module
 */

export * from "./frame.ts";
export * from "./protocol.ts";
export * from "./raw.ts";
export * from "./text.ts";
