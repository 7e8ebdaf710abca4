// Jobs beside a web service: a queue and a schedule, in workers of their own. A slow job delays no
// request, and a reload waits until jobs in progress are done.
//
//   deno run -A mod.ts start examples/jobs.ts
//   curl http://127.0.0.1:8000/ --data 'hello'     202: queued
//   deno run -A mod.ts status examples/jobs.ts

import { Goer } from "@goer/goer";
import process from "node:process";

const ADDRESS = process.env.ADDRESS ?? "http://127.0.0.1:8000";

/** The jobs: a service without an address. */
const jobs = new Goer(null, { name: "jobs", workers: 2 });

// Only the workers of this service call it, so only they get jobs.
jobs.onWorkerStart = async ({ slot }) => {
  const queue = jobs.subscribe<string>("mail", async (text) => {
    await jobs.timers.sleep(100); // Takes a while.
    console.log(`worker ${slot} has sent "${text}"`);
  });
  await queue.ready;
  jobs.timers.cron("0 3 * * *", () => console.log("cleaning up"), { worker: 0 });
};

/** The requests. */
const web = new Goer(ADDRESS, {
  name: "web",
  async fetch(request) {
    if (request.method !== "POST") return new Response("use POST", { status: 405 });
    // One of the workers gets it, in turn.
    if (jobs.publishToOne("mail", await request.text())) {
      return new Response("queued", { status: 202 });
    }
    return new Response("no worker is ready: try again", { status: 503 });
  },
});

export default [jobs, web];
