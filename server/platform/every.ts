import { log } from "./log.ts";

/** Does `work` again and again, the pause jittered by a quarter so that processes do not march in step. */
export function every(ms: number, what: string, work: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let working = Promise.resolve();
  const next = (afterMs: number) => {
    timer = setTimeout(() => {
      working = work()
        .catch((error: Error) => log.warn({ err: error.message }, `could not ${what}; trying again`))
        .finally(() => {
          if (!stopped) next(ms * (0.75 + Math.random() / 2));
        });
    }, afterMs);
  };
  next(0);
  return () => {
    stopped = true;
    clearTimeout(timer);
    return working;
  };
}
