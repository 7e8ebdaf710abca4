/**
 * The app that a walk changes: its number of workers, its addresses, and the faults in its code.
 *
 * @module
 */

import { freePort } from "../app.ts";

/** How long a worker may take to become ready, in ms: short, but enough on a busy machine. */
export const START_TIMEOUT: number = Deno.loadavg()[0] > 8 ? 40_000 : 15_000;

/** How long workers have to finish after a reload and at a stop, in ms. */
const RELOAD_TIMEOUT = 4_000;
const STOP_TIMEOUT = 2_500;

/** The longest use of a connection that no drain may cut, in ms. */
export const CONNECTION_LIFE = 500;

/** What the app serves. */
export interface Shape {
  /** The workers of all services except the one for datagrams, which has one. */
  readonly workers: number;
  /** A second TCP address. */
  readonly second: boolean;
  readonly unix: boolean;
  readonly udp: boolean;
}

/** The addresses and paths of an app, which are the same in all its shapes. */
export interface Places {
  readonly http: number;
  readonly text: number;
  readonly second: number;
  readonly udp: number;
  /** The path of the Unix socket. */
  readonly unix: string;
  /** The address of a broker, if there is one. */
  readonly bus?: string;
}

/** The fault in the app's code: none, or one that makes a reload fail. */
export type Fault = "none" | "does not load" | "dies at its start" | "never gets ready";

const FAULTS: Record<Fault, string> = {
  "none": "",
  "does not load": `throw new Error("this code does not load");`,
  "dies at its start": `for (const service of services) {
    service.onWorkerStart = () => process.exit(3);
  }`,
  "never gets ready": `for (const service of services) {
    service.onWorkerStart = () => new Promise(() => {});
  }`,
};

/** Chooses addresses and paths for an app whose files are in `folder`. */
export function findPlaces(folder: string, bus?: string): Places {
  const ports = new Set<number>();
  while (ports.size < 4) ports.add(freePort());
  const [http, text, second, udp] = ports;
  return { http, text, second, udp, unix: `${folder}/app.sock`, bus };
}

/** The addresses of the services in a shape, as the app names them. */
export function addressesOf(shape: Shape, places: Places): string[] {
  return [
    `http://127.0.0.1:${places.http}`,
    `text://127.0.0.1:${places.text}`,
    ...shape.second ? [`text://127.0.0.1:${places.second}`] : [],
    ...shape.unix ? [`text+unix://${places.unix}`] : [],
    ...shape.udp ? [`text+udp://127.0.0.1:${places.udp}`] : [],
  ];
}

/** The app's code. Each response is the process id. */
export function sourceOf(shape: Shape, places: Places, fault: Fault = "none"): string {
  const options = addressesOf(shape, places).map((listen) => ({
    listen,
    workers: listen.includes("udp") ? 1 : shape.workers,
    ...listen.includes(`:${places.text}`) && places.bus !== undefined
      ? { bus: places.bus, busRequired: false }
      : {},
  }));
  return `
    const commands = {
      pid: () => process.pid,
      slow: () => new Promise((resolve) => setTimeout(() => resolve(process.pid), 50)),
      async join(goer, connection, group) { await connection.join(group); return process.pid },
      count: (goer, connection, group) => goer.count(group).catch(() => -1),
      say(goer, connection, group, text) { goer.to(group).send(text, { except: connection }) },
    };
    async function onLine(connection, line) {
      const [command, ...words] = line.split(" ");
      const result = await commands[command](this, connection, ...words);
      if (result !== undefined) connection.send(String(result));
    }
    const services = ${JSON.stringify(options, null, 2)}.map((options) => ({
      ...options,
      stopTimeout: ${STOP_TIMEOUT},
      reloadTimeout: ${RELOAD_TIMEOUT},
      onMessage: options.listen.startsWith("http")
        ? (connection) => void connection.send(String(process.pid))
        : onLine,
    }));
    ${FAULTS[fault]}
    export default services;
  `;
}
