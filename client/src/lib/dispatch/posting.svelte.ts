import type { SubmitFunction } from "@sveltejs/kit";

const UNREACHABLE = "The server cannot be reached, so nothing was changed. Try again in a moment.";

/** What became of a form: why it was refused, or null; and what was done, where there is more to say than the page shows. */
export type Told = (refused: string | null, done?: string) => void;

/** A form sent by script. The page stays as it is: what was changed arrives like any other news. */
export class Posting {
  busy = $state(false);

  constructor(private readonly told: Told) {}

  readonly submit: SubmitFunction = () => {
    this.busy = true;
    return async ({ result }) => {
      this.busy = false;
      if (result.type === "failure") this.told(String(result.data?.["refused"]));
      else if (result.type === "success") this.told(null, result.data?.["done"] as string | undefined);
      else this.told(result.type === "error" ? UNREACHABLE : null);
    };
  };
}
