// `Deno.serve` that responds with "hello".

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ addresses: [`http://127.0.0.1:${port}`] })),
}, () => new Response("hello"));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
await server.finished;
