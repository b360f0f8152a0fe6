import { liveApi } from "../api/live.svelte.ts";
import { CreateUpload } from "./documents.ts";
import { UNREACHABLE } from "./words.ts";

/** A file on its way to the server: how far it is, and what to say when it did not arrive. */
export class Sending {
  fileName = $state("");
  bytes = $state(0);
  sent = $state(0);
  busy = $state(false);
  problem = $state<string | null>(null);
  /** Whether the last one was stopped here, on purpose. */
  stopped = $state(false);
  private stopping = new AbortController();

  get percent(): number {
    return this.bytes === 0 ? 0 : Math.floor((100 * this.sent) / this.bytes);
  }

  /** Answers the upload's id once the file is there; null when it is not: `problem` says why, or it was stopped. */
  async send(file: File): Promise<string | null> {
    if (this.busy) return null;
    const { signal } = (this.stopping = new AbortController());
    Object.assign(this, { busy: true, problem: null, stopped: false, fileName: file.name, bytes: file.size, sent: 0 });
    const uploadId = await Promise.race([this.announceAndPut(file, signal), aborted(signal)]);
    this.busy = false;
    return uploadId;
  }

  stop(): void {
    this.stopped = this.busy;
    this.stopping.abort();
  }

  private async announceAndPut(file: File, signal: AbortSignal): Promise<string | null> {
    const input = { fileName: file.name, bytes: file.size };
    const { data, error } = await liveApi().mutate(CreateUpload, { input });
    if (signal.aborted) return null;
    const upload = data?.createUpload.upload;
    if (!upload) {
      const refused = data?.createUpload.userErrors[0] ?? error?.graphQLErrors[0];
      this.problem = refused?.message ?? UNREACHABLE;
      return null;
    }
    const problem = await this.put(upload.url, file, signal);
    if (signal.aborted) return null;
    this.problem = problem;
    return problem === null ? upload.id : null;
  }

  // Not by fetch, which does not tell how far a body is.
  private put(url: string, file: File, signal: AbortSignal): Promise<string | null> {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("PUT", url);
      request.upload.onprogress = ({ loaded }) => {
        if (!signal.aborted) this.sent = loaded;
      };
      request.onload = () => resolve(request.status === 200 ? null : wordsOf(request));
      request.onerror = () => resolve("The connection broke off before the file was there. Send it again.");
      request.onabort = () => resolve(null);
      signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
}

function wordsOf({ status, responseText }: XMLHttpRequest): string {
  try {
    const { errors } = JSON.parse(responseText) as { errors: { message: string }[] };
    if (errors[0]) return errors[0].message;
  } catch {
    // Not our server's words: those of something in between.
  }
  if (status === 413) return "Something between here and the server lets no file of this size through (413).";
  return `The file was not taken (${status}). Try again in a moment.`;
}
