const UNREACHABLE = "The server cannot be reached. Try again in a moment.";

/** What the API answers to a file of suppressions. */
export interface SuppressionsTaken {
  added: number;
  already: number;
  invalid: { row: number; value: string; reason: string }[];
  invalidTotal: number;
}

/** A file of suppressions on its way in, and what became of it. */
export class SendingSuppressions {
  busy = $state(false);
  taken = $state<SuppressionsTaken | null>(null);
  problem = $state<string | null>(null);

  /** Answers whether the list may have changed. */
  async send(file: File): Promise<boolean> {
    if (this.busy) return false;
    Object.assign(this, { busy: true, taken: null, problem: null });
    try {
      const response = await fetch("/suppressions.csv", { method: "PUT", body: file });
      const body = (await response.json()) as SuppressionsTaken & { errors?: { message: string }[] };
      if (response.ok) this.taken = body;
      else this.problem = body.errors?.[0]?.message ?? UNREACHABLE;
    } catch {
      this.problem = UNREACHABLE;
    } finally {
      this.busy = false;
    }
    return true;
  }
}
