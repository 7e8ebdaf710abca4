/**
 * Encodes messages between processes: two magic bytes, one for the kind of content, four for the
 * length of the header, the header as JSON, the content. Decoding never evaluates anything.
 * @module
 */

import { sizeOf } from "../bytes/outgoing.ts";
import { packContent, unpackContent } from "./content.ts";
import type { Member } from "./member.ts";

/** The fields of every header. */
interface Common {
  /** The sending process: see `NodeId`. */
  from: string;
}

/** Facts about a process. */
export interface NodeInfo {
  slot: number;
  generation: number;
  /** It finishes its connections, and accepts no work for a single worker. */
  draining: boolean;
  /** The services that it serves or uses, by name. */
  services: Record<string, NodeService>;
}

/** What a process does for one service. */
export interface NodeService {
  /** It has connections of the service. */
  serves: boolean;
  /** It listens for joins and leaves. */
  listens: boolean;
  /** The topics that it subscribes to. */
  topics: string[];
}

/** The receivers of a message. */
export type Target = ConnectionTarget | { kind: "topic"; name: string };

/** Connections that receive a message. */
export type ConnectionTarget =
  | { kind: "all" }
  | { kind: "group" | "user"; name: string };

/** A question to all processes. */
export type Question =
  | { ask: "count" | "members"; group: string }
  | { ask: "online"; user: string };

/** A message between processes, without its content. */
export type Header = Common & HeaderBody;

/** A header without its sender. */
export type HeaderBody =
  /** The state of a process; `reply` asks others for theirs. */
  | { type: "node"; info: NodeInfo; reply: boolean }
  /** Processes have ended. */
  | { type: "gone"; nodes: string[] }
  /** Content for connections or subscribers. */
  | { type: "message"; service: string; to: Target; except?: string[]; raw?: boolean }
  /** Content for the subscribers of a single process. */
  | { type: "handed"; service: string; topic: string }
  /** A member has joined or left a group. */
  | { type: "joined" | "left"; service: string; group: string; member: Member }
  /** All members of the sender, for a process that has started to listen. */
  | { type: "snapshot"; service: string; members: [Member, string[]][] }
  | { type: "question"; id: number; service: string; question: Question }
  | { type: "answer"; id: number; value: unknown; error?: string };

/** A received message. */
export interface Envelope {
  header: Header;
  /** The content; undefined if there is none. */
  content: unknown;
}

const MAGIC = [0x67, 0x01];
const PREFIX_SIZE = 7;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Packs a message.
 *
 * @throws {TypeError} If the content would not be the same in another process.
 */
export function packEnvelope(header: Header, content?: unknown): Uint8Array {
  const { kind, pieces } = packContent(content);
  const head = encoder.encode(JSON.stringify(header));
  const start = PREFIX_SIZE + head.length;
  const packed = new Uint8Array(pieces.reduce((size, piece) => size + sizeOf(piece), start));
  packed.set(MAGIC);
  packed[2] = kind;
  new DataView(packed.buffer).setUint32(3, head.length);
  packed.set(head, PREFIX_SIZE);
  let end = start;
  for (const piece of pieces) {
    packed.set(piece, end);
    end += sizeOf(piece);
  }
  return packed;
}

/** Unpacks a message; undefined if it is malformed. */
export function unpackEnvelope(packed: Uint8Array): Envelope | undefined {
  if (packed.length < PREFIX_SIZE || MAGIC.some((byte, index) => packed[index] !== byte)) return;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const start = PREFIX_SIZE + view.getUint32(3);
  if (start > packed.length) return undefined;
  try {
    const header: unknown = JSON.parse(decoder.decode(packed.subarray(PREFIX_SIZE, start)));
    if (!isHeader(header)) return undefined;
    return { header, content: unpackContent(packed[2], packed.subarray(start)) };
  } catch {
    return undefined;
  }
}

/** Checks each field that is used later. */
function isHeader(value: unknown): value is Header {
  if (!isRecord(value) || typeof value.from !== "string") return false;
  const type = String(value.type);
  return Object.hasOwn(CHECKS, type) && CHECKS[type as HeaderBody["type"]](value);
}

type Fields = Record<string, unknown>;

const CHECKS: Readonly<Record<HeaderBody["type"], (header: Fields) => boolean>> = {
  node: ({ info, reply }) => isNodeInfo(info) && typeof reply === "boolean",
  gone: ({ nodes }) => isStrings(nodes),
  message: ({ service, to, except, raw }) =>
    isText(service) && isTarget(to) && (except === undefined || isStrings(except)) &&
    (raw === undefined || typeof raw === "boolean"),
  handed: ({ service, topic }) => isText(service) && isText(topic),
  joined: isMembershipEvent,
  left: isMembershipEvent,
  snapshot: ({ service, members }) =>
    isText(service) && Array.isArray(members) &&
    members.every((one) => Array.isArray(one) && isMember(one[0]) && isStrings(one[1])),
  question: ({ id, service, question }) => isNumber(id) && isText(service) && isQuestion(question),
  answer: ({ id, error }) => isNumber(id) && (error === undefined || isText(error)),
};

function isMembershipEvent({ service, group, member }: Fields): boolean {
  return isText(service) && isText(group) && isMember(member);
}

function isNodeInfo(value: unknown): boolean {
  return isRecord(value) && isNumber(value.slot) && isNumber(value.generation) &&
    typeof value.draining === "boolean" && isRecord(value.services) &&
    Object.values(value.services).every((service) =>
      isRecord(service) && typeof service.serves === "boolean" &&
      typeof service.listens === "boolean" && isStrings(service.topics)
    );
}

function isTarget(value: unknown): boolean {
  return isRecord(value) && (value.kind === "all" ||
    /^(group|user|topic)$/.test(String(value.kind)) && isText(value.name));
}

function isQuestion(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value.ask === "online") return isText(value.user);
  return (value.ask === "count" || value.ask === "members") && isText(value.group);
}

function isMember(value: unknown): boolean {
  return isRecord(value) && isText(value.id) && (value.user === undefined || isText(value.user));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
