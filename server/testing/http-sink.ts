import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sms } from "../dispatch/transports/sms.ts";
import type { Transport } from "../dispatch/transports/transport.ts";
import { webhook } from "../dispatch/transports/webhook.ts";
import { newSigningSecret } from "../platform/webhook-signature.ts";

/** A call as it came in, whole. */
export interface Arrival {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How a receiver behaves once it has read a call. */
export type Answering =
  | { status: number; headers?: Record<string, string>; body?: string }
  | "resets"
  | "closes"
  | "stays silent"
  | "babbles";

/** A receiver of calls on this machine, which answers as it is told to. */
export class HttpSink {
  readonly arrivals: Arrival[] = [];
  /** What it answered with a 2xx. */
  readonly taken: Arrival[] = [];
  answering: Answering | ((arrival: Arrival) => Answering);
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      this.answer({ path: request.url ?? "", headers: request.headers, body }, response);
    });
  });

  private constructor(private readonly usual: Answering) {
    this.answering = usual;
  }

  static async start(usual: Answering): Promise<HttpSink> {
    const sink = new HttpSink(usual);
    sink.server.listen(0, "127.0.0.1");
    await once(sink.server, "listening");
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  mend(): void {
    this.answering = this.usual;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private answer(arrival: Arrival, response: ServerResponse): void {
    this.arrivals.push(arrival);
    const answering = typeof this.answering === "function" ? this.answering(arrival) : this.answering;
    if (answering === "stays silent") return;
    if (answering === "resets") response.socket?.resetAndDestroy();
    else if (answering === "closes") response.socket?.destroy();
    else if (answering === "babbles") response.socket?.end("220 mail.example.com ESMTP\r\n");
    else {
      if (answering.status < 300) this.taken.push(arrival);
      response.writeHead(answering.status, answering.headers).end(answering.body);
    }
  }
}

/** Short enough that a test may wait for it, and long enough for hundreds of calls at once on a busy machine. */
const ANSWER_MS_MAX = 1_500;
const reach = { allowPrivate: true, answerMsMax: ANSWER_MS_MAX };

/** In the shape that the suite of all transports asks for. */
interface UnderTest {
  sink: HttpSink;
  transport: Transport;
  taken?(): string[];
  faults: Record<string, () => void>;
  mend(): void;
  renders: true;
  close(): Promise<void>;
}

export async function aWebhook({ signingSecret = newSigningSecret() } = {}): Promise<UnderTest> {
  const sink = await HttpSink.start({ status: 204 });
  const transport = webhook(reach).open({ url: `${sink.url}/hook` }, { signingSecret });
  return { ...underTest(sink, transport), taken: () => sink.taken.map(({ headers }) => String(headers["webhook-id"])) };
}

export async function anSmsProvider({ token = "a-token", from = "+12025550100" } = {}): Promise<UnderTest> {
  const body = JSON.stringify({ sid: "SM0", status: "queued", error_code: null, error_message: null });
  const sink = await HttpSink.start({ status: 201, body });
  const config = { preset: "twilio", url: sink.url, account: "AC0", from } as const;
  return underTest(sink, sms(reach).open(config, { token }));
}

function underTest(sink: HttpSink, transport: Transport): UnderTest {
  const being = (answering: Answering) => () => (sink.answering = answering);
  return {
    ...{ sink, transport, renders: true, mend: () => sink.mend(), close: () => sink.stop() },
    faults: {
      busy: being({ status: 503, headers: { "retry-after": "1" } }),
      broken: being({ status: 500 }),
      "too many": being({ status: 429 }),
      "login refused": being({ status: 401 }),
      refusing: being({ status: 400 }),
      redirecting: being({ status: 302, headers: { location: "http://127.0.0.1:1/" } }),
      resetting: being("resets"),
      closing: being("closes"),
      silent: being("stays silent"),
      babbling: being("babbles"),
    },
  };
}

/** The names of all these faults. */
export const HTTP_FAULTS = [
  ..."busy broken refusing redirecting resetting closing silent babbling".split(" "),
  ...["too many", "login refused"],
];
