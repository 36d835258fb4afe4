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
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return {
    width: Math.max(200, host.clientWidth),
    height: options.height ?? HEIGHT,
    legend: { show: options.lines.length > 1 },
    cursor: { y: false },
    axes: [{ ...axis, font }, { ...axis, font, size: 70, values: (_, ticks) => ticks.map(options.format) }],
    series: [
      options.daily ? { value: "{YYYY}-{MM}-{DD}" } : { value: "{HH}:{mm}:{ss}" },
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

function table({ title, times, lines, daily }: Options): HTMLElement {
  const when = (at: number): string => {
    const text = new Date(at * 1000).toISOString();
    return daily ? text.slice(0, 10) : clock(text);
  };
  return h("details", { class: "chart-figures" }, h("summary", {}, "The figures"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}: the figures` },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "When"),
        lines.map((line) => h("th", { scope: "col", class: "num" }, line.name)))),
      h("tbody", {}, times.map((at, row) => h("tr", {}, h("th", { scope: "row" }, when(at)),
        lines.map((line) => h("td", { class: "num" }, line.texts[row] ?? ""))))))));
}
