"use strict";
// The indicators over time: one chart each, read and zoomed together. A curve holds its value
// until its next point.

const curves = JSON.parse($("charts-data").textContent);
const { unit } = curves; // what one message is called, and several
const share = (count) => (curves.toSend ? (100 * count) / curves.toSend : 0);
const percent = (count) => `${share(count).toFixed(2)} %`;
const grouped = (count) => count.toLocaleString("en-US");
const instant = (seconds) =>
  new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");

// The canvas knows no light-dark(): an element resolves the colours of the theme.
const painted = el("span", { hidden: true });
document.body.append(painted);
const paint = (name) => {
  painted.style.color = `var(${name})`;
  return getComputedStyle(painted).color;
};
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const HEIGHT = 240;

const whole = { min: curves.span[0], max: Math.max(curves.span[1], curves.span[0] + 1) };
const shown = { ...whole };
const plots = [];

const placeOf = (seconds) => {
  let [low, high] = [0, curves.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curves.times[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
};

const axis = (traits) => ({
  stroke: () => paint("--quiet"),
  font: FONT,
  ticks: { stroke: () => paint("--line"), width: 1, size: 5 },
  grid: { stroke: () => paint("--line"), width: 1 },
  ...traits,
});
// Times of day, and the date where a day begins; no locale, so that everybody sees the same.
const times = (_, splits, axisNumber, space, step) => {
  let day = "";
  return splits.map((seconds) => {
    const text = new Date(seconds * 1000).toISOString();
    const date = `${Number(text.slice(8, 10))} ${MONTHS[Number(text.slice(5, 7)) - 1]}`;
    if (step >= 86_400) return `${date}\n${text.slice(0, 4)}`;
    const isNew = date !== day;
    day = date;
    return `${text.slice(11, step < 60 ? 19 : 16)}${isNew ? `\n${date}` : ""}`;
  });
};
// Distances of times on the axis: whole seconds, however short the log is, up to ten years.
const STEPS = [
  ...[1, 5, 10, 15, 30],
  ...[1, 5, 10, 15, 30].map((minutes) => 60 * minutes),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => 3600 * hours),
  ...[1, 2, 3, 5, 7, 10, 14, 30, 60, 90, 180, 365, 730, 1825, 3650].map((days) => 86_400 * days),
];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const highest = (chart) => Math.max(...chart.lines.flatMap(({ counts }) => counts).map(share), 1);
const ceiling = (value) =>
  [1, 2, 5, 10, 20, 25, 50, 100].find((top) => value <= top) ?? Math.ceil(value / 50) * 50;

// When validity periods end: a strip at the top, and a line where the first and the last one do.
const validity = (plot) => {
  if (!curves.validity) return;
  const { ctx, bbox } = plot;
  const edge = bbox.left + bbox.width;
  const ends = curves.validity.map((time) => plot.valToPos(time, "x", true));
  const [left, right] = [Math.max(ends[0], bbox.left), Math.min(ends[1], edge)];
  if (right < bbox.left || left > edge) return;
  const pixel = uPlot.pxRatio;
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = paint("--validity");
  ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * pixel), 6 * pixel);
  ctx.lineWidth = 1.5 * pixel;
  ctx.setLineDash([4 * pixel, 4 * pixel]);
  for (const x of new Set(ends)) {
    if (x < bbox.left || x > edge) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
};

const options = (chart, width) => {
  const top = ceiling(highest(chart));
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    cursor: { sync: { key: "time" }, drag: { x: true, y: false }, points: { size: 8 }, y: false },
    scales: { x: { range: () => [shown.min, shown.max] }, y: { range: [0, top] } },
    axes: [
      axis({ space: 70, values: times, incrs: STEPS }),
      axis({ size: 52, values: (_, values) => values.map((value) => `${value} %`) }),
    ],
    series: [
      {},
      ...chart.lines.map(({ side }) => curves.sides[side]).map(({ color }) => ({
        stroke: () => paint(`--mode-${color}`),
        width: 2,
        dash: DASHES[color],
        paths: uPlot.paths.stepped({ align: 1 }),
        points: { show: false },
      })),
    ],
    bands:
      chart.lines.length === 2
        ? [
            { series: [1, 2], fill: () => paint("--apart") },
            { series: [2, 1], fill: () => paint("--apart") },
          ]
        : [],
    hooks: {
      drawClear: [validity],
      setCursor: [(plot) => read(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const [from, to] = [plot.select.left, plot.select.left + plot.select.width];
          look(plot.posToVal(from, "x"), plot.posToVal(to, "x"));
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
};

// Reading: the values of all charts at one instant; at the end where nobody points at one.
let reading = null;
const read = (seconds) => {
  reading = seconds;
  const at = seconds === null ? curves.times.length - 1 : placeOf(seconds);
  for (const { chart, figure } of plots) {
    const parts = chart.lines.map(({ side, counts }) =>
      el(
        "span",
        {},
        el("span", { className: `key mode-${curves.sides[side].color}` }),
        `${percent(counts[at])} (${grouped(counts[at])})`,
      ),
    );
    const time = seconds === null ? "at the end" : instant(Math.round(seconds));
    figure.querySelector(".reading").replaceChildren(el("span", {}, time), ...parts);
  }
};
const spoken = (chart, seconds) => {
  const at = placeOf(seconds);
  const values = chart.lines.map(
    ({ side, counts }) =>
      `${curves.sides[side].label} ${percent(counts[at])}, ${quantity(counts[at], unit)}`,
  );
  return `${instant(Math.round(seconds))}: ${values.join("; ")}`;
};

const look = (min, max) => {
  const width = Math.min(Math.max(max - min, 2), whole.max - whole.min);
  shown.min = Math.min(Math.max(min, whole.min), whole.max - width);
  shown.max = shown.min + width;
  for (const { plot } of plots) plot.setScale("x", { ...shown });
  for (const button of $("spans")?.children ?? []) {
    const span = button.dataset.span === "all" ? whole : busiest;
    const isShown = span.min === shown.min && span.max === shown.max;
    button.setAttribute("aria-pressed", String(isShown));
  }
};
const busiest = curves.busiest && {
  min: Math.max(curves.busiest[0], whole.min),
  max: Math.min(curves.busiest[1], whole.max),
};

// The keyboard: a chart is a slider over time.
const moveTo = ({ chart, plot, over }, seconds) => {
  const time = Math.min(Math.max(seconds, shown.min), shown.max);
  plot.setCursor({ left: plot.valToPos(time, "x"), top: 10 });
  over.setAttribute("aria-valuenow", Math.round(time));
  over.setAttribute("aria-valuetext", spoken(chart, time));
};
const KEYS = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
};
const press = (item, event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const now = reading ?? shown.max;
  const span = shown.max - shown.min;
  if (event.key in KEYS) moveTo(item, now + (KEYS[event.key] * span) / 100);
  else if (event.key === "Home") moveTo(item, shown.min);
  else if (event.key === "End") moveTo(item, shown.max);
  else if (event.key === "+" || event.key === "=") look(now - span / 4, now + span / 4);
  else if (event.key === "-") look(now - span, now + span);
  else if (event.key === "0") look(whole.min, whole.max);
  else return;
  event.preventDefault();
};

const draw = (figure) => {
  const chart = curves.charts[Number(figure.dataset.indicator)];
  const place = figure.querySelector(".plot");
  const lines = chart.lines.map(({ counts }) => counts.map(share));
  const plot = new uPlot(options(chart, place.clientWidth), [curves.times, ...lines], place);
  const over = place;
  Object.assign(over, { tabIndex: 0 });
  over.setAttribute("role", "slider");
  over.setAttribute("aria-labelledby", figure.querySelector("h3").id);
  over.setAttribute("aria-valuemin", whole.min);
  over.setAttribute("aria-valuemax", whole.max);
  over.setAttribute("aria-valuenow", whole.max);
  over.setAttribute("aria-valuetext", spoken(chart, whole.max));
  const item = { chart, figure, plot, over };
  over.addEventListener("keydown", (event) => press(item, event));
  over.addEventListener("dblclick", () => look(whole.min, whole.max));
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  return item;
};

const spanButton = (name, span, text) =>
  el("button", { type: "button", data: { span: name }, onclick: () => look(span.min, span.max) }, text);

plots.push(...[...document.querySelectorAll(".chart")].map(draw));
if (busiest && $("spans")) {
  $("spans").append(
    spanButton("busy", busiest, "Busiest time"),
    spanButton("all", whole, "Whole log"),
  );
  $("spans").hidden = false;
}
look((busiest ?? whole).min, (busiest ?? whole).max);
read(null);

const redraw = () => {
  for (const { plot } of plots) plot.redraw(false, true);
};
document.addEventListener("themechange", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
matchMedia("print").addEventListener("change", redraw);

// The table of the curves, written when somebody looks at it.
$("series")?.addEventListener("toggle", () => {
  if ($("series-table").rows.length) return;
  const columns = curves.charts.flatMap(({ name, lines }) =>
    lines.map(({ side, counts }) => ({ title: `${name}, ${curves.sides[side].label}`, counts })),
  );
  $("series-table").append(
    el("caption", { className: "unseen" }, `${unit[1]} counted by each indicator over time`),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "Time"),
        ...columns.map(({ title }) => el("th", { scope: "col", className: "number" }, title)),
      ),
    ),
    el(
      "tbody",
      {},
      ...curves.times.map((time, at) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, instant(time)),
          ...columns.map(({ counts }) =>
            el("td", { className: "number", data: { value: counts[at] } }, grouped(counts[at])),
          ),
        ),
      ),
    ),
  );
});
