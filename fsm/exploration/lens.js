"use strict";
// The visible part of a diagram: moved and zoomed.

// Screen pixels per diagram unit: minimum to read text, comfortable, and maximum.
const [LEGIBLE, READABLE, CLOSEST] = [0.5, 0.8, 4];

// The visible part is the viewBox; at first it is the whole diagram.
function lens(svg) {
  const [x0, y0, w0, h0] = svg.getAttribute("viewBox").split(" ").map(Number);
  let [x, y, w, h] = [x0, y0, w0, h0];
  const scale = () => svg.getScreenCTM().a; // pixels of the screen in one unit of the picture
  const show = () => {
    svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
    svg.classList.toggle("zoomed", w < w0 * 0.999);
  };
  const at = (clientX, clientY) =>
    new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
  const zoom = (factor, point = { x: x + w / 2, y: y + h / 2 }) => {
    const most = Math.max(1, CLOSEST / scale());
    const width = Math.min(w0 * 1.25, w / Math.min(factor, most));
    const by = width / w;
    x = point.x - (point.x - x) * by;
    y = point.y - (point.y - y) * by;
    w = width;
    h = h0 * (width / w0);
    show();
  };
  const move = (dx, dy) => {
    x = Math.min(x0 + w0 - w / 2, Math.max(x0 - w / 2, x + dx));
    y = Math.min(y0 + h0 - h / 2, Math.max(y0 - h / 2, y + dy));
    show();
  };
  const fit = () => {
    [x, y, w, h] = [x0, y0, w0, h0];
    show();
  };
  const follow = (node) => {
    // keep a state in sight, and legible in a large picture
    const [frame, box, now] = [svg.getBoundingClientRect(), node.getBoundingClientRect(), scale()];
    const isInside =
      box.left >= frame.left &&
      box.right <= frame.right &&
      box.top >= frame.top &&
      box.bottom <= frame.bottom;
    if (isInside && now >= LEGIBLE) return;
    const middle = at((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (now < LEGIBLE) zoom(READABLE / now);
    move(middle.x - x - w / 2, middle.y - y - h / 2);
  };
  // Paper has the whole diagram, whatever part the screen shows.
  addEventListener("beforeprint", () => svg.setAttribute("viewBox", `${x0} ${y0} ${w0} ${h0}`));
  addEventListener("afterprint", show);
  return { zoom, move, fit, follow, scale, at };
}

function drag(svg, seen) {
  const down = new Map();
  let moved = 0;
  const middle = () => {
    const points = [...down.values()];
    return [
      points.reduce((sum, p) => sum + p[0], 0) / points.length,
      points.reduce((sum, p) => sum + p[1], 0) / points.length,
    ];
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (down.size === 0) moved = 0;
    if (event.button === 0 && down.size < 2)
      down.set(event.pointerId, [event.clientX, event.clientY]);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    const [before, wide] = [middle(), down.size === 2 ? spread() : 0];
    down.set(event.pointerId, [event.clientX, event.clientY]);
    const after = middle();
    moved += Math.hypot(after[0] - before[0], after[1] - before[1]);
    if (moved < 5 && !wide) return;
    svg.setPointerCapture(event.pointerId);
    seen.move((before[0] - after[0]) / seen.scale(), (before[1] - after[1]) / seen.scale());
    if (wide) seen.zoom(spread() / wide, seen.at(...after));
  });
  for (const end of ["pointerup", "pointercancel"])
    svg.addEventListener(end, (event) => down.delete(event.pointerId));
  svg.addEventListener(
    "click",
    (event) => {
      if (moved >= 5) event.stopImmediatePropagation();
    },
    true,
  );
}
