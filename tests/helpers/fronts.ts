/**
 * haproxy and nginx in front of the services of a test.
 *
 * @module
 */

import { which } from "../tools.ts";

/** What runs a proxy until `body` has ended. */
interface Front {
  /** Why it cannot run on this machine, if so. */
  readonly missing: string | undefined;
  /**
   * Runs it.
   *
   * @param configuration What listens, and where it connects.
   */
  beside(configuration: string, body: () => Promise<void>): Promise<void>;
}

const TIMEOUTS = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
`;

/** nginx writes into folders of the system otherwise. */
const folders = (folder: string) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
`;

/** haproxy. Its configuration is sections `listen`. */
export const HAPROXY: Front = await findFront("haproxy", {
  words: (_, file) => ["-db", "-f", file],
  complete: (_, sections) => TIMEOUTS + sections,
});

/** nginx. Its configuration is blocks `server` of HTTP. */
export const NGINX: Front = await findFront("nginx", {
  words: (folder, file) => ["-p", folder, "-c", file],
  complete: (folder, blocks) => `${folders(folder)}${blocks}}\n`,
});

/** How a proxy is started. */
interface Usage {
  /** Its arguments. */
  words(folder: string, file: string): string[];
  /** Its whole configuration. */
  complete(folder: string, configuration: string): string;
}

async function findFront(name: string, { words, complete }: Usage): Promise<Front> {
  // Debian keeps servers where only root looks.
  const program = await which(name) ?? await which(`../sbin/${name}`);
  return {
    missing: program === undefined ? `there is no ${name}` : undefined,
    async beside(configuration, body) {
      const folder = await Deno.makeTempDir({ prefix: "goer" });
      const file = `${folder}/${name}.conf`;
      await Deno.writeTextFile(file, complete(folder, configuration));
      const child = new Deno.Command(program!, {
        args: words(folder, file),
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        await body();
      } finally {
        child.kill("SIGTERM");
        await child.status;
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}

/** The host and port of an address. */
export function hostPortOf(address: string): string {
  return address.replace(/^.*:\/\//, "");
}
