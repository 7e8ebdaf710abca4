// The echo of Deno.upgradeWebSocket.

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${server.addr.port}`] }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
