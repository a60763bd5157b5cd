// One side of BullMQ: `add SOCKET QUEUE NUMBER AT` puts delayed jobs there that are due at one moment (ms since 1970),
// `work SOCKET QUEUE FILE` works them off, and notes each job with how late it began (ms) before it counts as done.
import fs from "node:fs";
import { Queue, Worker } from "bullmq";

const [verb, path, queueName, ...rest] = process.argv.slice(2);
const connection = { path, maxRetriesPerRequest: null };
const BATCH = 1000;

if (verb === "add") {
  const [number, at] = rest.map(Number);
  const queue = new Queue(queueName, { connection });
  for (let first = 0; first < number; first += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, number - first) }, (_, n) => ({
      name: "reminder",
      data: { n: first + n, at },
      opts: { delay: Math.max(0, at - Date.now()), removeOnComplete: true, attempts: 5 },
    }));
    await queue.addBulk(jobs);
  }
  if (Date.now() >= at) throw new Error("it took too long to add them: give it more lead");
  await queue.close();
} else {
  const file = fs.openSync(rest[0], "a");
  const note = async (job) => fs.writeSync(file, `${job.data.n} ${Date.now() - job.data.at}\n`);
  new Worker(queueName, note, { connection, concurrency: 100 });
  console.log("ready");
}
