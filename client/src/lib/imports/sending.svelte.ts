import { liveApi } from "../api/live.svelte.ts";
import { CreateUpload } from "./documents.ts";

const UNREACHABLE = "The server cannot be reached. Try again in a moment.";

/** A file on its way to the server: how far it is, and what to say when it did not arrive. */
export class Sending {
  fileName = $state("");
  bytes = $state(0);
  sent = $state(0);
  busy = $state(false);
  problem = $state<string | null>(null);
  private request: XMLHttpRequest | null = null;

  get percent(): number {
    return this.bytes === 0 ? 0 : Math.floor((100 * this.sent) / this.bytes);
  }

  /** Answers the upload's id once the file is there; null when it is not, and `problem` says why. */
  async send(file: File): Promise<string | null> {
    if (this.busy) return null;
    Object.assign(this, { busy: true, problem: null, fileName: file.name, bytes: file.size, sent: 0 });
    try {
      const input = { fileName: file.name, bytes: file.size };
      const { data } = await liveApi().mutate(CreateUpload, { input });
      const upload = data?.createUpload.upload;
      if (!upload) {
        this.problem = data?.createUpload.userErrors[0]?.message ?? UNREACHABLE;
        return null;
      }
      this.problem = await this.put(upload.url, file);
      // A file that cannot be read is there all the same: its page says what is wrong with it.
      return this.problem === null ? upload.id : null;
    } finally {
      this.busy = false;
      this.request = null;
    }
  }

  cancel(): void {
    this.request?.abort();
  }

  // Not by fetch, which does not tell how far a body is.
  private put(url: string, file: File): Promise<string | null> {
    return new Promise((resolve) => {
      const request = (this.request = new XMLHttpRequest());
      request.open("PUT", url);
      request.upload.onprogress = ({ loaded }) => (this.sent = loaded);
      request.onload = () => resolve(request.status === 200 ? null : wordsOf(request));
      request.onerror = () => resolve("The connection broke off before the file was there. Send it again.");
      request.onabort = () => resolve("You stopped it. Nothing was kept.");
      request.send(file);
    });
  }
}

function wordsOf({ responseText }: XMLHttpRequest): string {
  try {
    const { errors } = JSON.parse(responseText) as { errors: { message: string }[] };
    return errors[0]?.message ?? UNREACHABLE;
  } catch {
    return UNREACHABLE;
  }
}
