import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { coloursOf } from "./colours.ts";
import type { Course } from "./course.ts";

// Only these are in the bundle, and the chart alone loads this file, so that no other page carries it.
Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

export interface Drawn {
  /** Draws it anew in the colours that are the page's now. */
  recolour: () => void;
  destroy: () => void;
}

type Config = ChartConfiguration<"bar" | "line", (number | null)[], string>;

/** Points that stand closer to each other are not marked one by one; few are, or a single one would not be seen. */
const POINTS_APART_PX = 18;

/** As wide as the usual numbers need, so that the charts of a page begin and end at the same place. */
const AXIS_PX = 46;
const alike = (scale: { width: number }) => {
  scale.width = Math.max(scale.width, AXIS_PX);
};

/** Draws a course on a canvas, which fills the box around it. `still`: without any motion. */
export function drawCourse(canvas: HTMLCanvasElement, course: Course, still: boolean): Drawn {
  const chart = new Chart(canvas, configOf(course, canvas, still));
  return {
    recolour() {
      chart.options = optionsOf(course, canvas, still);
      chart.data.datasets = datasetsOf(course, canvas);
      chart.update("none");
    },
    destroy: () => {
      chart.destroy();
    },
  };
}

function configOf(course: Course, canvas: HTMLCanvasElement, still: boolean): Config {
  const data = { labels: course.steps, datasets: datasetsOf(course, canvas) };
  return { type: "bar", data, options: optionsOf(course, canvas, still) };
}

function datasetsOf({ counts, means }: Course, canvas: HTMLCanvasElement): Config["data"]["datasets"] {
  const { line, points, bars } = coloursOf(canvas);
  const known = means.values.filter((value) => value !== null).length;
  return [
    {
      ...{ type: "line", label: means.label, data: means.values, yAxisID: "means" },
      ...{ borderColor: line, borderWidth: 2, backgroundColor: line },
      ...{ pointBackgroundColor: points, pointBorderWidth: 2, pointHoverRadius: 5 },
      pointRadius: ({ chart }) => (chart.width / known < POINTS_APART_PX ? 0 : 3),
      // Steps without a mean are bridged by a dashed line: nothing was measured there.
      spanGaps: true,
      segment: { borderDash: ({ p0, p1 }) => (p0.skip || p1.skip ? [2, 4] : undefined) },
    },
    {
      ...{ type: "bar", label: counts.label, data: counts.values, yAxisID: "counts" },
      ...{ backgroundColor: bars, borderRadius: 3, maxBarThickness: 40, categoryPercentage: 0.9, barPercentage: 0.85 },
    },
  ];
}

function optionsOf(
  { ticks, counts, means, meansFrom, meansTo }: Course,
  canvas: HTMLCanvasElement,
  still: boolean,
): NonNullable<Config["options"]> {
  const { grid, words, tip, tipWords } = coloursOf(canvas);
  const { fontFamily: family } = getComputedStyle(canvas);
  return {
    ...{ responsive: true, maintainAspectRatio: false, font: { family, size: 12 } },
    ...(still ? { animation: false as const, transitions: { active: { animation: { duration: 0 } } } } : {}),
    interaction: { mode: "index", intersect: false },
    scales: {
      x: {
        grid: { display: false },
        border: { color: grid },
        ticks: { color: words, maxRotation: 0, autoSkipPadding: 24, callback: (_, i) => ticks[i] ?? "" },
      },
      counts: {
        afterFit: alike,
        beginAtZero: true,
        border: { display: false },
        grid: { color: grid },
        ticks: { color: words, precision: 0, maxTicksLimit: 6, callback: (value) => counts.ticks(Number(value)) },
      },
      means: {
        afterFit: alike,
        position: "right",
        min: meansFrom,
        ...(meansTo !== null && { max: meansTo }),
        border: { display: false },
        // The lines of the counts are enough.
        grid: { display: false },
        ticks: { color: words, maxTicksLimit: 6, callback: (value) => means.ticks(Number(value)) },
      },
    },
    plugins: {
      tooltip: {
        ...{ backgroundColor: tip, titleColor: tipWords, bodyColor: tipWords, padding: 10, boxPadding: 4 },
        callbacks: {
          label: ({ datasetIndex, parsed }) => {
            const { label, words: inWords } = datasetIndex === 0 ? means : counts;
            return parsed.y === null ? "" : `${label}: ${inWords(parsed.y)}`;
          },
        },
      },
    },
  };
}
