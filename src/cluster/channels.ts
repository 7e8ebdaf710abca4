/**
 * The names of the channels that messages travel on. Groups, users and topics may have names of any
 * string, brokers allow few characters: a name is hashed, the message itself says whom it is for, and
 * whoever receives one for another name of the same hash drops it.
 *
 * @module
 */

/** What of a service a channel is for. */
export type ChannelKind = "group" | "user" | "topic";

/** Names channels under one prefix: applications that share a broker differ in it. */
export class ChannelNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** All processes: who is there, and questions to everyone. */
  get control(): string {
    return `${this.#prefix}.control`;
  }

  /** One process. */
  node(id: string): string {
    return `${this.#prefix}.node.${hash(id)}`;
  }

  /** All connections of a service. */
  broadcast(service: string): string {
    return `${this.#prefix}.${hash(service)}.all`;
  }

  /** Who joined and left the groups of a service. */
  events(service: string): string {
    return `${this.#prefix}.${hash(service)}.events`;
  }

  /** One group, user or topic of a service. */
  named(service: string, kind: ChannelKind, name: string): string {
    return `${this.#prefix}.${hash(service)}.${kind}.${hash(name)}`;
  }
}

/** 64 bits of a string as two numbers: two runs of FNV-1a, over its UTF-16 code units. */
function hash(text: string): string {
  let one = 0x811c9dc5;
  let two = 0x9dc5811c;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit, 0x85ebca6b) ^ two >>> 13;
  }
  return `${one}.${two}`;
}
