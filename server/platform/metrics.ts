import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";

/** What /metrics shows, in Prometheus' format. Labels are from closed sets: no ids, no addresses. */
export const metrics = new Registry();
collectDefaultMetrics({ register: metrics, prefix: "campaign_dispatcher_" });

/** Recipients whose outcome this process wrote down. */
export const settledTotal = new Counter({
  name: "campaign_dispatcher_recipients_settled_total",
  help: "Outcomes written down by this process.",
  labelNames: ["outcome"] as const,
  registers: [metrics],
});

export const takenOverTotal = new Counter({
  name: "campaign_dispatcher_batches_taken_over_total",
  help: "Batches that this process took from dead workers.",
  registers: [metrics],
});

export const webhookCallsTotal = new Counter({
  name: "campaign_dispatcher_webhook_calls_total",
  help: "Tries of this process to tell a webhook of an event.",
  labelNames: ["outcome"] as const,
  registers: [metrics],
});

export const socketsOpen = new Gauge({
  name: "campaign_dispatcher_sockets_open",
  help: "WebSocket connections open in this process.",
  registers: [metrics],
});

export const subscriptionsOpen = new Gauge({
  name: "campaign_dispatcher_subscriptions_open",
  help: "GraphQL subscriptions under way in this process.",
  registers: [metrics],
});

export const workersAlive = new Gauge({
  name: "campaign_dispatcher_workers_alive",
  help: "Worker processes alive in the whole installation, as the database last said.",
  registers: [metrics],
});
