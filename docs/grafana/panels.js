/**
 * Draws the panels of a dashboard in a browser: `picture.ts` loads this into a page, and calls
 * `drawDashboard`.
 *
 * @module
 */

import uPlot from "uplot";
import chartStyle from "uplot/dist/uPlot.min.css" with { type: "text" };

const TEXT = "#ccccdc";
const LINE = "rgba(204, 204, 220, 0.12)";
/** The colours of series, in this order. */
const SERIES = [
  "#73bf69",
  "#f2cc0c",
  "#8ab8ff",
  "#ff780a",
  "#f2495c",
  "#5794f2",
  "#b877d9",
  "#37872d",
  "#ffa6b0",
  "#8f3bb8",
];
/** The colours that a dashboard names. */
const NAMED = { green: "#73bf69", orange: "#ff9830", red: "#f2495c" };
const FONT = "12px Inter, 'Liberation Sans', sans-serif";

const STYLE = `
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: #111217; color: ${TEXT};
  font: 14px/22px Inter, "Liberation Sans", sans-serif; }
header { display: flex; justify-content: space-between; margin: 0 4px 12px; }
header b { font-size: 20px; font-weight: 500; }
header span { color: rgba(204, 204, 220, 0.65); }
main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: 28px;
  gap: 8px; }
h2 { margin: 0; font-size: 16px; font-weight: 500; line-height: 28px; }
section { display: flex; flex-direction: column; min-height: 0; background: #181b1f;
  border: 1px solid ${LINE}; border-radius: 2px; }
h3 { margin: 0; padding: 5px 8px 2px; font-size: 14px; font-weight: 500; }
.chart { flex: 1; min-height: 0; }
.stat { position: relative; }
.stat .value { position: absolute; inset: 0 0 36px; display: grid; place-items: center;
  font-size: 42px; font-weight: 500; }
.stat .value:only-child { bottom: 14px; }
.stat .uplot { position: absolute; bottom: 0; }
ul { display: flex; flex-wrap: wrap; gap: 0 14px; margin: 0; padding: 0 10px 6px; list-style: none;
  font-size: 12px; line-height: 18px; }
li i { display: inline-block; width: 14px; height: 4px; margin-right: 6px; border-radius: 2px;
  vertical-align: middle; }
`;

/** Three digits of `value`, in the largest of `units` that fits, each `base` times the previous. */
function scaled(value, base, units) {
  let index = 0;
  for (; Math.abs(value) >= base && index < units.length - 1; index++) value /= base;
  return `${Number(value.toPrecision(3))}${units[index]}`;
}

/** How each unit of the dashboard is written. */
const UNITS = {
  none: (value) => String(Number(value.toPrecision(3))),
  short: (value) => scaled(value, 1000, ["", " K", " Mil"]),
  ops: (value) => scaled(value, 1000, ["", "K", "M"]) + " ops/s",
  Bps: (value) => scaled(value, 1000, [" B/s", " kB/s", " MB/s", " GB/s"]),
  bytes: (value) => scaled(value, 1024, [" B", " KiB", " MiB", " GiB"]),
  s: (value) => value === 0 ? "0 s" : scaled(value * 1e6, 1000, [" µs", " ms", " s"]),
};

/** Steps of an axis: bytes have round numbers of their own. */
const POWERS_OF_TWO = Array.from({ length: 40 }, (_, exponent) => 2 ** exponent);

function element(name, parent, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  parent.append(made);
  return made;
}

/** The options of both axes. */
function axes(unit) {
  const common = { stroke: TEXT, font: FONT, ticks: { show: false } };
  const grid = { stroke: "rgba(240, 250, 255, 0.09)", width: 1 };
  const width = (plot, labels) => {
    plot.ctx.font = FONT;
    // The canvas may have more pixels than the page.
    const widths = (labels ?? []).map((label) => plot.ctx.measureText(label).width);
    return Math.max(0, ...widths) + 14;
  };
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const time = (_, splits) =>
    splits.map((second) => new Date(second * 1000).toLocaleTimeString("en", clock));
  return [
    { ...common, grid, space: 80, size: 28, values: time },
    {
      ...common,
      grid,
      space: 36,
      size: width,
      incrs: unit === "bytes" ? POWERS_OF_TWO : undefined,
      values: (_, splits) => splits.map(UNITS[unit]),
    },
  ];
}

/** Draws lines into `place`, which they fill. */
function drawLines(place, { times, series, unit }, { axes, height, fill, colours = SERIES }) {
  const top = (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1];
  new uPlot(
    {
      width: place.clientWidth,
      height: height ?? place.clientHeight,
      padding: axes === undefined ? [0, 0, 0, 0] : [8, 14, 0, 4],
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: top } },
      axes: axes?.(unit) ?? [{ show: false }, { show: false }],
      series: [
        {},
        ...series.map((_, index) => ({
          stroke: colours[index % colours.length],
          fill: fill && `${colours[index % colours.length]}30`,
          width: 1,
          points: { show: false },
        })),
      ],
    },
    [times, ...series.map(({ values }) => values)],
    place,
  );
}

/** The colour of a number: of its mapping, otherwise of the highest threshold that it reaches. */
function colourOf(value, mapping, thresholds) {
  const reached = thresholds.filter(({ value: least }) => least === null || value >= least);
  return NAMED[mapping?.color ?? reached.at(-1)?.color ?? "green"];
}

/** Draws the last value as a number, over a small chart. */
function drawStat(place, panel) {
  const { series: [{ values }], mappings, thresholds, unit, decimals } = panel;
  const last = values.findLast((value) => value !== null);
  const mapping = mappings[last];
  const rounded = decimals === undefined ? last : Number(last.toFixed(decimals));
  const colour = colourOf(last, mapping, thresholds);
  if (panel.sparkline) drawLines(place, panel, { height: 44, fill: true, colours: [colour] });
  const text = mapping?.text ?? UNITS[unit](rounded);
  element("div", place, text, "value").style.color = colour;
}

/** Draws all panels: rows, numbers and charts. */
globalThis.drawDashboard = ({ title, note, panels }) => {
  element("style", document.head, chartStyle + STYLE);
  const header = element("header", document.body);
  element("b", header, title);
  element("span", header, note);
  const main = element("main", document.body);
  for (const panel of panels) {
    const { x, y, w, h } = panel.place;
    const box = element(panel.type === "row" ? "h2" : "section", main);
    box.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
    if (panel.type === "row") {
      box.textContent = panel.title;
      continue;
    }
    element("h3", box, panel.title);
    const place = element("div", box, "", `chart ${panel.type}`);
    if (panel.type === "stat") {
      drawStat(place, panel);
      continue;
    }
    const legend = element("ul", box);
    for (const [index, { name }] of panel.series.entries()) {
      const item = element("li", legend);
      element("i", item).style.background = SERIES[index % SERIES.length];
      item.append(name);
    }
    drawLines(place, panel, { axes });
  }
};
