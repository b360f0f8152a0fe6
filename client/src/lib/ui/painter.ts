/** In a background tab there are no frames; what is shown there (the title) changes once a second. */
const HIDDEN_EVERY_MS = 1_000;

/** Answers a function that has `paint` called soon: once a frame, however often it is called itself. In the browser. */
export function painter(paint: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const now = () => {
      asked = false;
      paint();
    };
    if (document.hidden) setTimeout(now, HIDDEN_EVERY_MS);
    else requestAnimationFrame(now);
  };
}
