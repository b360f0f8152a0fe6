import { createTransport } from "nodemailer";

/**
 * What a script sends a campaign with: nodemailer's pool, kept full. The same mail to as many made-up people over as
 * many connections as the dispatcher has: text, HTML and the headers to unsubscribe with, but with made-up links, and
 * filled in by JavaScript alone. Nothing is written down: whoever ends it in the middle knows nothing.
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
    await pool.sendMail(mail(n));
  }
}

function mail(n: number) {
  const token = String(n).padStart(44, "A");
  const [answer, unsubscribe] = [`http://localhost:3000/r/${token}`, `http://localhost:3000/u/${token}`];
  return {
    from: "shop@example.com",
    to: { name: `Customer ${n}`, address: `customer.${n}@example.com` },
    subject: "How did we do?",
    text: `Hello Customer ${n}\n\nGive your feedback: ${answer}\n\nUnsubscribe: ${unsubscribe}`,
    html: `<!doctype html>
<html>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0 auto;padding:24px;max-width:36em;font:16px/1.5 sans-serif;color:#1c1f20">
<p>Hello Customer ${n}</p>
<p>Give your feedback: <a href="${answer}">${answer}</a></p>
<p>Unsubscribe: <a href="${unsubscribe}">${unsubscribe}</a></p>
</body>
</html>
`,
    headers: { "List-Unsubscribe": `<${unsubscribe}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  };
}

process.send?.("ready");
const startedAt = performance.now();
await Promise.all(Array.from({ length: most }, sendOn));
const seconds = (performance.now() - startedAt) / 1000;
pool.close();
process.send?.(seconds);
