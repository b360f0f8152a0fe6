/** The page's own colours as a canvas can draw with them, as they are now: they change with the theme. */
export interface Colours {
  bars: string;
  line: string;
  points: string;
  grid: string;
  words: string;
  tip: string;
  tipWords: string;
}

export function coloursOf(element: HTMLElement): Colours {
  // A variable holds a colour for each theme; only an element that wears it says which one is meant.
  const probe = element.ownerDocument.createElement("span");
  probe.hidden = true;
  (element.parentElement ?? element).append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ...{ bars: colour("bar"), line: colour("accent-strong"), points: colour("surface"), grid: colour("line") },
    ...{ words: colour("ink-soft"), tip: colour("ink"), tipWords: colour("surface") },
  };
  probe.remove();
  return colours;
}

/** Calls back whenever the page changes its colours: by the toggle, or with the system's. Returns what ends it. */
export function onNewColours(callback: () => void): () => void {
  const toggle = new MutationObserver(callback);
  toggle.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  return () => {
    toggle.disconnect();
    system.removeEventListener("change", callback);
  };
}
