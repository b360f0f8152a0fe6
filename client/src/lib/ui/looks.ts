export type ButtonKind = "primary" | "plain" | "danger";

const LOOKS: Record<ButtonKind, string> = {
  primary: "bg-accent text-accent-ink border-transparent hover:bg-accent-strong",
  plain: "bg-surface text-ink border-line-strong/45 hover:bg-raised",
  danger: "bg-surface text-bad-ink border-line-strong/45 hover:bg-bad-soft",
};

/** The classes of everything that looks like a button, links among them. */
export function buttonLook(kind: ButtonKind, small = false): string {
  const size = small ? "min-h-8 px-3 py-1 text-sm" : "min-h-10 px-4 py-1.5";
  return `inline-flex items-center justify-center gap-2 rounded-lg border font-medium whitespace-nowrap transition-colors disabled:opacity-55 ${size} ${LOOKS[kind]}`;
}

/** The classes of a text field. */
export const inputLook =
  "border-line-strong/60 aria-invalid:border-failed bg-surface placeholder:text-ink-soft/80 min-h-10 w-full rounded-lg border px-3 py-2";

/** The classes of a box that holds one thing. */
export const cardLook = "border-line bg-surface rounded-xl border";
