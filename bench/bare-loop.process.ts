import { createTransport } from "nodemailer";

/**
 * What a script sends a campaign with: nodemailer's pool, kept full. The same words to as many made-up people over as
 * many connections as the dispatcher has, and nothing is written down: whoever ends it in the middle knows nothing.
 * Says the seconds from the first message to the last answer.
 */
const [port = "", connections = "", messages = ""] = process.argv.slice(2);
process.once("disconnect", () => process.exit());

const most = Number(connections);
const pool = createTransport({
  ...{ host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true },
  ...{ pool: true, maxConnections: most, maxMessages: Infinity },
});
let next = 1;
async function sendOn(): Promise<void> {
  while (next <= Number(messages)) {
    const n = next;
    next += 1;
    await pool.sendMail({
      from: "shop@example.com",
      to: { name: `Customer ${n}`, address: `customer.${n}@example.com` },
      subject: "How did we do?",
      text: `Hello Customer ${n}`,
    });
  }
}

process.send?.("ready");
const startedAt = performance.now();
await Promise.all(Array.from({ length: most }, sendOn));
const seconds = (performance.now() - startedAt) / 1000;
pool.close();
process.send?.(seconds);
