/**
 * The names of the channels that carry messages. Groups, users and topics can have any string as a
 * name, but brokers allow few characters. So names are hashed, each message contains its real
 * target, and a process drops messages whose target only has the same hash.
 *
 * @module
 */

/** The purpose of a channel. */
export type ChannelKind = "group" | "user" | "topic";

/** Names channels with a prefix. Applications that share a broker use different prefixes. */
export class ChannelNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** All processes: announcements, and questions to everyone. */
  get control(): string {
    return `${this.#prefix}.control`;
  }

  /** A single process. */
  node(id: string): string {
    return `${this.#prefix}.node.${hash(id)}`;
  }

  /** All connections of a service. */
  broadcast(service: string): string {
    return `${this.#prefix}.${hash(service)}.all`;
  }

  /** Joins and leaves in the groups of a service. */
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
