// The echo of Deno.upgradeWebSocket; with the argument "broadcast" each message goes to all.

const broadcasts = Deno.args[0] === "broadcast";
const sockets = new Set<WebSocket>();
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  if (broadcasts) {
    sockets.add(socket);
    socket.onclose = () => sockets.delete(socket);
    socket.onmessage = ({ data }) => sockets.forEach((socket) => socket.send(data));
  } else {
    socket.onmessage = ({ data }) => socket.send(data);
  }
  return response;
});
console.log(JSON.stringify({ addresses: [`ws://127.0.0.1:${server.addr.port}`] }));
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
