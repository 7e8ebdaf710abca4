/**
 * The rooms of the chat: who is in them, and what was said last.
 *
 * @module
 */

import type { WebSocketConnection } from "../../protocols/websocket/mod.ts";

/** One thing that was said. */
export interface Saying {
  /** Made by the page, so that one sent twice is shown once. */
  id: string;
  /** Who said it. */
  name: string;
  /** What was said. */
  text: string;
  /** When, in ms since 1970. */
  time: number;
}

/** A connection to a page, in a room under a name. */
export interface Member {
  readonly connection: WebSocketConnection;
  readonly name: string;
}

/** How many sayings a room remembers for those who come later. */
const MEMORY = 100;

/** One room. It exists while somebody is in it or something was said in it. */
class Room {
  readonly members: Set<Member> = new Set();
  readonly sayings: Map<string, Saying> = new Map();

  /** The names of those who are here, each once. */
  get names(): string[] {
    return [...new Set(Array.from(this.members, ({ name }) => name))].sort();
  }

  /** Sends `event` to everyone in the room. */
  tell(event: object): void {
    const text = JSON.stringify(event);
    for (const { connection } of this.members) connection.send(text);
  }
}

/** How many rooms are remembered that nobody is in. */
const MAX_EMPTY_ROOMS = 100;

const rooms = new Map<string, Room>();

function open(name: string): Room {
  let room = rooms.get(name);
  if (room === undefined) rooms.set(name, room = new Room());
  return room;
}

/** Lets `member` in, tells it what was said before, and the others that it is there. */
export function enter(name: string, member: Member): void {
  const room = open(name);
  room.members.add(member);
  const sayings = [...room.sayings.values()];
  member.connection.send(JSON.stringify({ type: "entered", room: name, sayings }));
  room.tell({ type: "members", names: room.names });
}

/** Lets `member` out. */
export function leave(name: string, member: Member): void {
  const room = rooms.get(name);
  if (room === undefined || !room.members.delete(member)) return;
  room.tell({ type: "members", names: room.names });
  const empty = [...rooms].filter(([, { members }]) => members.size === 0);
  for (const [name] of empty.slice(0, empty.length - MAX_EMPTY_ROOMS)) rooms.delete(name);
}

/** Says something in a room: once, however often it is sent. */
export function say(name: string, saying: Saying): void {
  const room = open(name);
  const known = room.sayings.get(saying.id);
  if (known === undefined) {
    room.sayings.set(saying.id, saying);
    for (const id of room.sayings.keys()) {
      if (room.sayings.size <= MEMORY) break;
      room.sayings.delete(id);
    }
  }
  room.tell({ type: "said", saying: known ?? saying });
}
