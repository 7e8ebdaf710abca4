/**
 * Datagram sockets on Node, with `node:dgram`.
 *
 * @module
 */

export {
  bindNodeDatagram as bindDatagram,
  connectNodeDatagram as connectDatagram,
} from "../shared/node_dgram.ts";
