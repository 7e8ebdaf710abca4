// `Bun.serve` that responds with "hello".

import process from "node:process";

declare const Bun: {
  serve(options: { hostname: string; port: number; fetch(): Response }): { port: number };
};

const { port } = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("hello") });
console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] }));
process.on("SIGTERM", () => process.exit(0));
