import { AT_ONCE, DISPATCH_MS_MAX } from "./dispatch.ts";
import { median, rounded } from "./figures.ts";
import type { Program } from "./program.ts";
import type { Say, Stage } from "./stage.ts";

const MESSAGES = 5_000;
const ROUNDS = 3;
/** Of each worker process: as many as it may have open by default, so that none of them waits for a connection. */
const CONNECTIONS = 25;

/**
 * Mail to a server on the same machine that takes everything at once, beside a loop that only sends, in turns; and
 * what the marks cost, with as many messages open as by default and with fewer.
 */
export async function smtpPart(stage: Stage, say: Say) {
  const sink = await stage.start("./smtp-sink.process.js", []);
  const bench = new MailBench(stage, sink, await stage.rows.mailTransport(Number(sink.ready), CONNECTIONS));

  const rounds: Record<"1" | "2", number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, two] = [await bench.overBareLoop(1, say), await bench.overBareLoop(2, say)];
    rounds.push({ "1": one, "2": two });
  }
  const costs: Record<"25" | "10", number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const none = await bench.rate(1, { SENDS_IN_FLIGHT_MAX: "25" }, "./without-marks.js");
    const [many, few] = [await bench.rate(1, { OPEN_SENDS_MAX: "25" }), await bench.rate(1, { OPEN_SENDS_MAX: "10" })];
    say(`mails a second: without marks ${rounded(none)}, 25 open ${rounded(many)}, 10 open ${rounded(few)}`);
    costs.push({ "25": many / none, "10": few / none });
  }
  const middle = (values: number[]) => rounded(median(values));
  return {
    smtpOverBareLoop: {
      "1": middle(rounds.map((round) => round["1"])),
      "2": middle(rounds.map((round) => round["2"])),
    },
    markCost: { none: 1, "25": middle(costs.map((cost) => cost["25"])), "10": middle(costs.map((cost) => cost["10"])) },
  };
}

class MailBench {
  constructor(
    private readonly stage: Stage,
    private readonly sink: Program,
    private readonly transportId: string,
  ) {}

  async overBareLoop(workers: number, say: Say): Promise<number> {
    const bare = await this.bareLoop(workers * CONNECTIONS);
    const ours = await this.rate(workers);
    say(`mails a second, ${workers * CONNECTIONS} connections: bare loop ${rounded(bare)}, dispatch ${rounded(ours)}`);
    return ours / bare;
  }

  /** Messages a second of a campaign that goes out through so many fresh worker processes. */
  async rate(workers: number, env: Record<string, string> = {}, loadedFirst?: string): Promise<number> {
    const programs: Program[] = [];
    for (let n = 0; n < workers; n += 1) programs.push(await this.stage.startWorker(env, loadedFirst));
    try {
      // Unmeasured, as in the part "dispatch".
      await this.dispatch(500);
      return await this.dispatch(MESSAGES);
    } finally {
      for (const program of programs) await this.stage.end(program);
    }
  }

  private async dispatch(messages: number): Promise<number> {
    const campaignId = await this.stage.rows.only(messages, AT_ONCE);
    await this.stage.rows.goOutThrough(campaignId, this.transportId);
    const { seconds } = await this.stage.dispatchWatched(campaignId, 1, DISPATCH_MS_MAX);
    await this.arrived(messages);
    return messages / seconds;
  }

  private async bareLoop(connections: number): Promise<number> {
    const words = [String(this.sink.ready), String(connections), String(MESSAGES)];
    const program = await this.stage.start("./bare-loop.process.js", words);
    try {
      const seconds = (await program.answer(DISPATCH_MS_MAX)) as number;
      await this.arrived(MESSAGES);
      return MESSAGES / seconds;
    } finally {
      await this.stage.end(program);
    }
  }

  private async arrived(messages: number): Promise<void> {
    const told = this.sink.answer(10_000);
    this.sink.tell("forget");
    const taken = await told;
    if (taken !== messages) throw new Error(`${String(taken)} mails arrived instead of ${messages}`);
  }
}
