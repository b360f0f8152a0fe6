import { enhance } from "$app/forms";
import { tick } from "svelte";

/**
 * Sends a form by script, so that reloading the page does not send it again. The keyboard stays where it was, or goes
 * to the first problem. What was typed is cleared once it is done, unless the form is one to `keep`.
 */
export function send(form: HTMLFormElement, { keep = false }: { keep?: boolean } = {}): { destroy(): void } {
  return enhance(form, () => async ({ result, update }) => {
    const focused = document.activeElement;
    await update({ reset: !keep });
    await tick();
    if (result.type === "failure") form.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    else if (focused instanceof HTMLElement && document.activeElement === document.body)
      focused.focus({ preventScroll: true });
  });
}
