import type { Scenario } from "./round.ts";
import { ctrlC } from "./scenarios/ctrl-c.ts";
import { frozen } from "./scenarios/frozen.ts";
import { importCrash, importFrozen, importKill } from "./scenarios/imports.ts";
import { kill } from "./scenarios/kill.ts";
import { clicks, pause } from "./scenarios/people.ts";
import { lostCommits, outage, postgres } from "./scenarios/postgres.ts";
import { lateAnswers, mailMoods } from "./scenarios/mail-server.ts";
import { moods } from "./scenarios/provider.ts";
import { flush, noRedis } from "./scenarios/redis.ts";
import { smtpKill } from "./scenarios/smtp-kill.ts";
import { socket } from "./scenarios/socket.ts";

export interface Entry {
  promise: string;
  play: Scenario;
  /** What `npm test` plays instead: the same with less of it, where a larger one shows nothing that another does not. */
  playInTests?: Scenario;
  /** The scenario that breaks the same and more: `npm test` plays that one alone. */
  coveredBy?: string;
}

/** Of the workers themselves: they are killed, frozen, and told to end. */
export const faultsOfWorkers: Record<string, Entry> = {
  kill: {
    promise: "twenty workers killed while they send lose nobody, mail nobody twice, and leave at most K·W + A in doubt",
    play: kill("hold"),
  },
  "kill-retry": {
    promise: "under retry kills lose nobody, leave nothing in doubt, and cost at most K·W + A extra copies",
    play: kill("retry"),
    // That twenty deaths add up is shown by `kill`; here only the answer to a doubt is another.
    playInTests: kill("retry", { recipients: 3_000, kills: 6 }),
  },
  "smtp-kill": {
    promise:
      "killed at any point of a mail's way, a worker costs at most W in doubt: who was not opened is sent to once, who was settled never again",
    play: smtpKill(),
  },
  frozen: {
    promise: "a worker frozen beyond its life and woken mails nobody twice, tells what it knows, and goes on",
    play: frozen(),
    coveredBy: "smtp-frozen",
  },
  "smtp-frozen": {
    promise: "a worker frozen beyond its life in the middle of its mails and woken mails nobody twice, and goes on",
    play: frozen({ byMail: true }),
  },
  "ctrl-c": {
    promise: "Ctrl-C settles what is in hand and leaves nothing running, and the next start goes on",
    play: ctrlC(),
  },
  "import-kill": {
    promise: "workers killed while they import a file lose no row, bring nobody in twice, and the numbers add up",
    play: importKill(),
  },
  "import-frozen": {
    promise: "a worker frozen beyond its lease and woken imports nothing that another has",
    play: importFrozen(),
  },
};

/** Of everything around them: providers, Postgres, Redis, connections, and people who click. */
export const faultsAroundWorkers: Record<string, Entry> = {
  "smtp-moods": {
    promise:
      "a mail server that refuses, hangs up or is late in any phase leaves only those in doubt whose final dot had left",
    play: mailMoods(),
  },
  "smtp-late": {
    promise: "answers to the final dot that come minutes after everybody else's hold up nobody, and are waited for",
    play: lateAnswers({ seconds: 180 }),
    playInTests: lateAnswers(),
  },
  "smtp-outage": {
    promise: "workers cut off from Postgres for longer than their lives mail nobody twice",
    play: outage({ byMail: true }),
  },
  moods: {
    promise: "an answer that gets lost leaves its recipient unconfirmed, and nobody else",
    play: moods("hold"),
  },
  "moods-retry": {
    promise: "under retry an answer that gets lost costs one extra copy where the message had been taken",
    play: moods("retry"),
  },
  postgres: {
    promise: "five crashes of Postgres lose nobody, mail nobody twice, leave nothing in doubt, and end no process",
    play: postgres(),
  },
  outage: {
    promise: "a Postgres that is away for longer than a worker's life makes nobody be mailed twice",
    play: outage(),
    coveredBy: "smtp-outage",
  },
  "lost-commits": {
    promise: "commits that are not answered change nothing: nobody is lost, mailed twice, or kept for ever",
    play: lostCommits(),
  },
  flush: {
    promise: "a Redis that forgets everything every two seconds changes nothing",
    play: flush(),
  },
  "no-redis": {
    promise: "without Redis a click is answered, a campaign completes, and who watches sees it",
    play: noRedis(),
  },
  pause: {
    promise: "pausing and resuming again and again, then cancelling, mails nobody twice and skips the rest",
    play: pause(),
  },
  clicks: {
    promise: "a hundred clicks at once over two web processes start one run",
    play: clicks(),
  },
  socket: {
    promise: "a watcher that is cut off again and again ends with the numbers of Postgres",
    play: socket(),
  },
  "import-crash": {
    promise: "crashes of Postgres and a Redis that forgets everything cost an import no row and repeat none",
    play: importCrash(),
  },
};

/** Everything that may break, by the name that `npm run chaos` takes, with the promise that is kept all the same. */
export const scenarios: Record<string, Entry> = { ...faultsOfWorkers, ...faultsAroundWorkers };
