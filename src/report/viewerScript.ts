/**
 * The viewer's script, run by the browser as it stands: plain JavaScript without imports. It reads the JSON beside it
 * (see viewer.ts) and draws three canvases; a click or drag on one moves the other two.
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
  const state = { mode: 'blend', against: 'moved', mix: 0.5, outlines: true, flicked: false };
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
    crosshair(target, (position[axes[0]] + 0.5) * sx, (position[axes[1]] + 0.5) * sy, canvas);
    view.slider.value = String(position[axes[2]]);
    view.output.textContent = (position[axes[2]] + 1) + ' / ' + data.size[axes[2]];
  }

  // Edges between voxels of different labels, joined along rows and columns.
  function outline(target, volume, at, columns, rows, sx, sy, dash) {
    if (!volume) return;
    target.lineWidth = 2;
    target.setLineDash(dash);
    const label = (column, row) =>
      column < 0 || row < 0 || column >= columns || row >= rows ? 0 : volume[at(column, row)];
    data.colours.forEach((colour, index) => {
      const is = (column, row) => label(column, row) === index + 1;
      target.strokeStyle = colour;
      target.beginPath();
      for (let row = 0; row <= rows; row++) {
        for (let column = 0; column < columns; column++) {
          if (is(column, row) === is(column, row - 1)) continue;
          const start = column;
          while (column + 1 < columns && is(column + 1, row) !== is(column + 1, row - 1)) column++;
          target.moveTo(start * sx, row * sy);
          target.lineTo((column + 1) * sx, row * sy);
        }
      }
      for (let column = 0; column <= columns; column++) {
        for (let row = 0; row < rows; row++) {
          if (is(column, row) === is(column - 1, row)) continue;
          const start = row;
          while (row + 1 < rows && is(column, row + 1) !== is(column - 1, row + 1)) row++;
          target.moveTo(column * sx, start * sy);
          target.lineTo(column * sx, (row + 1) * sy);
        }
      }
      target.stroke();
    });
    target.setLineDash([]);
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
    root.querySelector('.mix').hidden = state.mode !== 'blend';
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
