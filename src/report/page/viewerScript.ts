/**
 * The viewer's script, run by the browser as it stands: plain JavaScript without imports. It reads the JSON beside it
 * (see viewer.ts) and draws three canvases; a click or drag on one moves the other two, the wheel its own slice.
 */
export const VIEWER_SCRIPT = `
(() => {
  'use strict';
  const root = document.getElementById('viewer');
  const data = JSON.parse(document.getElementById('viewer-data').textContent);
  const bytes = (text) => text === undefined ? undefined : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const images = {}, labels = {};
  for (const name of ['fixed', 'moving', 'moved']) {
    images[name] = bytes(data.images[name]);
    labels[name] = bytes(data.labels[name]);
  }
  const [nx, ny] = data.size;
  const strides = [1, nx, nx * ny];
  // Display axes of each plane: to the right, downwards, across.
  const planes = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };
  const position = data.start.slice();
  const state = { mode: data.mode, landmarks: true, against: 'moved', mix: 0.5, outlines: true, flicked: false };
  const scale = 720 / Math.max(...data.size.map((length, axis) => length * data.spacing[axis]));
  const views = [...root.querySelectorAll('.plane')].map((box) => {
    const axes = planes[box.dataset.plane];
    const canvas = box.querySelector('canvas');
    const slider = box.querySelector('input');
    const mm = axes.map((axis) => data.size[axis] * data.spacing[axis]);
    canvas.width = Math.round(mm[0] * scale);
    canvas.height = Math.round(mm[1] * scale);
    slider.max = String(data.size[axes[2]] - 1);
    slider.value = String(position[axes[2]]);
    slider.addEventListener('input', () => { position[axes[2]] = Number(slider.value); drawAll(); });
    const follow = (event) => {
      const area = canvas.getBoundingClientRect();
      const inside = (part, count) => Math.min(count - 1, Math.max(0, Math.floor(part * count)));
      position[axes[0]] = inside((event.clientX - area.left) / area.width, data.size[axes[0]]);
      position[axes[1]] = inside((event.clientY - area.top) / area.height, data.size[axes[1]]);
      drawAll();
    };
    canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); follow(event); });
    canvas.addEventListener('pointermove', (event) => { if (event.buttons & 1) follow(event); });
    // A wheel counts in pixels, lines or pages; a slice is a notch of it, or a finger's width.
    let turned = 0;
    canvas.addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      turned += event.deltaMode === 0 ? event.deltaY / 40 : event.deltaY;
      const steps = Math.trunc(turned);
      if (steps === 0) return;
      turned = 0;
      position[axes[2]] = Math.min(data.size[axes[2]] - 1, Math.max(0, position[axes[2]] + Math.sign(steps)));
      drawAll();
    }, { passive: false });
    const source = document.createElement('canvas');
    source.width = data.size[axes[0]];
    source.height = data.size[axes[1]];
    return { axes, canvas, source, slider, output: box.querySelector('output') };
  });

  // Blue below zero, white, red above: as in the figure.
  function diverging(value) {
    const t = Math.max(-1, Math.min(1, value));
    const end = t < 0 ? [33, 102, 172] : [178, 24, 43];
    return end.map((channel) => 247 + (channel - 247) * Math.abs(t));
  }

  function draw(view) {
    const { axes, canvas, source } = view;
    const columns = source.width, rows = source.height;
    const base = position[axes[2]] * strides[axes[2]];
    const at = (column, row) => base + column * strides[axes[0]] + row * strides[axes[1]];
    const other = images[state.against];
    const square = Math.max(2, Math.round(Math.max(columns, rows) / 8));
    const context = source.getContext('2d');
    const picture = context.createImageData(columns, rows);
    for (let row = 0, to = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, to += 4) {
        const index = at(column, row);
        const a = images.fixed[index], b = other[index];
        let colour;
        if (state.mode === 'difference') colour = diverging((b - a) / 255);
        else if (state.mode === 'overlay') {
          // As in the figure: the brighter the fixed image, the more it hides.
          const cover = a === 0 ? 0 : Math.min(1, (0.15 + 0.75 * a / 255) * 2 * (1 - state.mix));
          colour = data.warm[a].map((channel) => b + (channel - b) * cover);
        }
        else {
          const grey = state.mode === 'checkerboard'
            ? (Math.floor(column / square) + Math.floor(row / square)) % 2 ? b : a
            : state.mode === 'flicker' ? (state.flicked ? b : a) : a + (b - a) * state.mix;
          colour = [grey, grey, grey];
        }
        picture.data.set([colour[0], colour[1], colour[2], 255], to);
      }
    }
    context.putImageData(picture, 0, 0);
    const target = canvas.getContext('2d');
    target.imageSmoothingEnabled = true;
    target.drawImage(source, 0, 0, canvas.width, canvas.height);
    const sx = canvas.width / columns, sy = canvas.height / rows;
    if (state.outlines) {
      outline(target, labels.fixed, at, columns, rows, sx, sy, []);
      outline(target, labels[state.against], at, columns, rows, sx, sy, [6, 4]);
    }
    landmarks(target, axes, sx, sy);
    crosshair(target, (position[axes[0]] + 0.5) * sx, (position[axes[1]] + 0.5) * sy, canvas);
    view.slider.value = String(position[axes[2]]);
    view.output.textContent = (position[axes[2]] + 1) + ' / ' + data.size[axes[2]];
  }

  // The border of a label's voxels as closed rings of corners, rounded: each middle of an edge to the next by a curve
  // around their corner, as in the figure, which strays at most a quarter of a voxel.
  function outline(target, volume, at, columns, rows, sx, sy, dash) {
    if (!volume) return;
    target.lineWidth = 2;
    target.setLineDash(dash);
    const label = (column, row) =>
      column < 0 || row < 0 || column >= columns || row >= rows ? 0 : volume[at(column, row)];
    for (let code = 1; code <= data.colours.length; code++) {
      const rings = ringsOf((column, row) => label(column, row) === code, columns, rows);
      if (rings.length === 0) continue;
      target.strokeStyle = data.colours[code - 1];
      target.beginPath();
      for (const ring of rings) {
        const points = cornersCut(ring);
        const middle = (index) => {
          const [a, b] = [points[index % points.length], points[(index + 1) % points.length]];
          return [(a[0] + b[0]) / 2 * sx, (a[1] + b[1]) / 2 * sy];
        };
        target.moveTo(...middle(0));
        points.forEach((_, index) => {
          const control = points[(index + 1) % points.length];
          target.quadraticCurveTo(control[0] * sx, control[1] * sy, ...middle(index + 1));
        });
        target.closePath();
      }
      target.stroke();
    }
    target.setLineDash([]);
  }

  // Unit edges with the label on their right, chained; where two rings touch in a corner they stay apart.
  function ringsOf(is, columns, rows) {
    const width = columns + 1;
    const next = new Map();
    const add = (x1, y1, x2, y2) => {
      const from = x1 + width * y1;
      next.set(from, [...(next.get(from) ?? []), [x2, y2]]);
    };
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!is(column, row)) continue;
        if (!is(column, row - 1)) add(column, row, column + 1, row);
        if (!is(column + 1, row)) add(column + 1, row, column + 1, row + 1);
        if (!is(column, row + 1)) add(column + 1, row + 1, column, row + 1);
        if (!is(column - 1, row)) add(column, row + 1, column, row);
      }
    }
    const rings = [];
    for (const start of next.keys()) {
      while (next.get(start)?.length) {
        const ring = [];
        let [x, y] = [start % width, Math.floor(start / width)];
        let heading = [0, 0];
        do {
          const ends = next.get(x + width * y);
          // Of two ways on, the one that turns right stays with this ring's voxel.
          const turn = ([ex, ey]) => heading[0] * (ey - y) - heading[1] * (ex - x);
          const way = ends.length > 1 ? ends.reduce((a, b) => (turn(b) > turn(a) ? b : a)) : ends[0];
          ends.splice(ends.indexOf(way), 1);
          ring.push([x, y]);
          heading = [way[0] - x, way[1] - y];
          [x, y] = way;
        } while (x + width * y !== start);
        rings.push(ring);
      }
    }
    return rings;
  }

  // The middles of a ring's unit edges: marching squares at one half.
  function cornersCut(ring) {
    return ring.map(([x, y], index) => {
      const [u, v] = ring[(index + 1) % ring.length];
      return [(x + u) / 2, (y + v) / 2];
    });
  }

  // A ring for each fixed landmark near the slice and a cross for the other image's, paler the farther away.
  function landmarks(target, axes, sx, sy) {
    if (!data.landmarks || !state.landmarks) return;
    const reach = data.reach / data.spacing[axes[2]];
    data.landmarks.fixed.forEach((fixed, index) => {
      const other = data.landmarks[state.against][index];
      const near = fixed ? 1 - Math.abs(fixed[axes[2]] - position[axes[2]]) / reach : 0;
      if (near <= 0) return;
      const place = (point) => [(point[axes[0]] + 0.5) * sx, (point[axes[1]] + 0.5) * sy];
      const [x, y] = place(fixed);
      target.globalAlpha = 0.3 + 0.7 * near;
      for (const [width, ringColour, crossColour] of [[5, '#000000', '#000000'], [2.5, '#56b4e9', '#ffffff']]) {
        target.lineWidth = width;
        target.strokeStyle = ringColour;
        target.beginPath();
        target.arc(x, y, 8, 0, 2 * Math.PI);
        target.stroke();
        if (!other) continue;
        const [u, v] = place(other);
        target.strokeStyle = crossColour;
        target.beginPath();
        for (const [x1, y1, x2, y2] of [[u - 6, v - 6, u + 6, v + 6], [u - 6, v + 6, u + 6, v - 6], [x, y, u, v]]) {
          target.moveTo(x1, y1);
          target.lineTo(x2, y2);
        }
        target.stroke();
      }
      target.globalAlpha = 1;
    });
  }

  function crosshair(target, x, y, canvas) {
    target.strokeStyle = 'rgba(240, 228, 66, 0.55)';
    target.lineWidth = 1;
    target.beginPath();
    for (const [x1, y1, x2, y2] of [
      [x, 0, x, y - 14], [x, y + 14, x, canvas.height], [0, y, x - 14, y], [x + 14, y, canvas.width, y],
    ]) {
      target.moveTo(x1, y1);
      target.lineTo(x2, y2);
    }
    target.stroke();
  }

  let waiting = false;
  function drawAll() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; views.forEach(draw); });
  }

  root.addEventListener('change', (event) => {
    if (event.target.name === 'viewer-mode') state.mode = event.target.value;
    if (event.target.name === 'viewer-against') state.against = event.target.value;
    if (event.target.id === 'viewer-outlines') state.outlines = event.target.checked;
    if (event.target.id === 'viewer-landmarks') state.landmarks = event.target.checked;
    root.querySelector('.mix').hidden = state.mode !== 'blend' && state.mode !== 'overlay';
    drawAll();
  });
  document.getElementById('viewer-mix').addEventListener('input', (event) => {
    state.mix = Number(event.target.value) / 100;
    drawAll();
  });
  setInterval(() => {
    if (state.mode !== 'flicker') return;
    state.flicked = !state.flicked;
    drawAll();
  }, 600);
  drawAll();
})();
`;
