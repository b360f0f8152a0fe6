/**
 * A workspace's colour on the answering page, shifted as far as people need it: WCAG 2.2 asks for a contrast of 4.5:1 of
 * text (1.4.3) and of 3:1 of controls against what they stand on (1.4.11).
 */

/** Colours of buttons, stars and the frame of whatever has the focus, and of the text on them; `#rrggbb`. */
export interface Accent {
  accent: string;
  onAccent: string;
}

/** What the page's cards are made of; the stylesheet has the same two. */
export const SURFACE = { light: "#ffffff", dark: "#1c2124" } as const;
const OWN = "#0f5c63";
const CONTROL_CONTRAST = 3;
const STEPS = 100;

/** The nearest colours to the workspace's that can be seen; null takes the program's own. Throws for what is no `#rrggbb`. */
export function accentsOf(color: string | null): { light: Accent; dark: Accent } {
  const given = readColor(color ?? OWN);
  return { light: accentOn(SURFACE.light, given, BLACK), dark: accentOn(SURFACE.dark, given, WHITE) };
}

/** The ratio of WCAG 2.2, from 1 (the same) to 21 (black and white), of two colours as `#rrggbb`. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminanceOf(readColor(one)), luminanceOf(readColor(other))].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

type Rgb = readonly [number, number, number];
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

function accentOn(surface: string, given: Rgb, towards: Rgb): Accent {
  for (let step = 0; step <= STEPS; step += 1) {
    const accent = writeColor(mixed(given, towards, step / STEPS));
    if (contrast(accent, surface) < CONTROL_CONTRAST) continue;
    // The better of the two has 4.58:1 at the least: the contrasts with black and with white multiply to 21.
    const onAccent = contrast(accent, "#ffffff") >= contrast(accent, "#000000") ? "#ffffff" : "#000000";
    return { accent, onAccent };
  }
  throw new Error(`no shade can be seen on ${surface}`);
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const mix = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [mix(0), mix(1), mix(2)];
}

function luminanceOf(color: Rgb): number {
  const linear = (i: 0 | 1 | 2) => {
    const value = color[i] / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2);
}

function readColor(text: string): Rgb {
  const [, red, green, blue] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (!red || !green || !blue) throw new Error(`"${text}" is no colour`);
  return [parseInt(red, 16), parseInt(green, 16), parseInt(blue, 16)];
}

function writeColor(color: Rgb): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
