// Charts over time. The figures are also there as a table, for those who do not see the lines; floats are
// made only to draw.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { h } from "../../kit/dom";
import { clock } from "../../kit/format";
import { whenLookChanges } from "../../shell/look";

export interface Line {
  name: string;
  /** One value a time; null where there is none. */
  values: readonly (number | null)[];
  /** What the table shows of each value. */
  texts: readonly string[];
  /** Name of a colour of the theme: accent, good, bad, warn. */
  colour: string;
  kind?: "line" | "steps" | "points" | "dashed";
}

interface Options {
  title: string;
  /** Seconds since the epoch, rising. */
  times: readonly number[];
  lines: readonly Line[];
  height?: number;
  format: (value: number) => string;
  /** Days and not moments. */
  daily?: boolean;
}

const HEIGHT = 220;
/** The shortest span of a time axis, and how far apart its marks may be; seconds. */
const SHORTEST_S = 10;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800];
const DAY = 86_400;
const DAYS = [1, 2, 5, 7, 14, 30, 90, 180, 365].map((count) => count * DAY);
/** From so many values on a line is drawn without its points. */
const MANY = 40;

/** A chart that fills its width, follows the theme and tells its figures. */
export function chart(options: Options): HTMLElement {
  const host = h("div", { class: "plot", role: "img", "aria-label": options.title });
  let plot: uPlot | null = null;
  const draw = (): void => {
    plot?.destroy();
    plot = new uPlot(settings(options, host), data(options), host);
  };
  const sized = new ResizeObserver(() => {
    if (!host.isConnected) return;
    if (plot === null) draw();
    else plot.setSize({ width: host.clientWidth, height: options.height ?? HEIGHT });
  });
  sized.observe(host);
  const unlisten = whenLookChanges(() => {
    if (host.isConnected) draw();
    else {
      sized.disconnect();
      unlisten();
    }
  });
  return h("figure", { class: "chart" }, h("figcaption", {}, options.title), host, table(options));
}

function data({ times, lines }: Options): uPlot.AlignedData {
  return [[...times], ...lines.map((line) => [...line.values])] as uPlot.AlignedData;
}

function colour(name: string): string {
  // A light-dark() colour is resolved only where it is used, so it is read from an element.
  const probe = h("span", { class: `ink-${name}` });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function settings(options: Options, host: HTMLElement): uPlot.Options {
  const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  const { daily = false } = options;
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return {
    width: Math.max(200, host.clientWidth),
    height: options.height ?? HEIGHT,
    legend: { show: options.lines.length > 1 },
    cursor: { y: false },
    scales: { x: { range: (_, low, high) => widened(low, high, daily ? DAY : SHORTEST_S) } },
    axes: [{ ...axis, font, incrs: daily ? DAYS : SECONDS, space: 80, values: (_, ticks) => ticks.map((at) => when(at, daily)) }, { ...axis, font, size: 70, values: (_, ticks) => ticks.map(options.format) }],
    series: [
      { label: daily ? "Day" : "Time", value: (_, at: number | null) => (at === null ? "–" : when(at, daily)) },
      ...options.lines.map((line) => series(line, options.format)),
    ],
  };
}

function series(line: Line, format: (value: number) => string): uPlot.Series {
  const stroke = colour(line.colour);
  const made: uPlot.Series = {
    label: line.name, stroke, width: 2, spanGaps: true,
    value: (_, value: number | null) => (value === null ? "–" : format(value)),
  };
  if (line.kind === "dashed") made.dash = [6, 4];
  if (line.kind === "steps" && uPlot.paths.stepped) made.paths = uPlot.paths.stepped({ align: 1 });
  if (line.kind === "points") {
    made.width = 0;
    made.points = { show: true, size: 8, fill: stroke, stroke };
  } else made.points = { show: line.kind !== "dashed" && line.values.length < MANY, size: 4, fill: stroke };
  return made;
}

/** The same words for a moment on the axis, in the legend and in the table. */
function when(at: number, daily: boolean): string {
  const text = new Date(at * 1000).toISOString();
  return daily ? text.slice(0, 10) : clock(text);
}

/** A span that is not shorter than `least` seconds: one fill alone is no axis. */
function widened(low: number, high: number, least: number): [number, number] {
  const lack = Math.max(0, least - (high - low)) / 2;
  return [low - lack, high + lack];
}

function table({ title, times, lines, daily = false }: Options): HTMLElement {
  return h("details", { class: "chart-figures" }, h("summary", {}, "The figures"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}: the figures` },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "When"),
        lines.map((line) => h("th", { scope: "col", class: "num" }, line.name)))),
      h("tbody", {}, times.map((at, row) => h("tr", {}, h("th", { scope: "row" }, when(at, daily)),
        lines.map((line) => h("td", { class: "num" }, line.texts[row] ?? ""))))))));
}
