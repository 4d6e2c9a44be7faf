// npm install earthmorph vite; npx vite build examples/browser-vite
import { registerInWorker } from 'earthmorph/browser';

const input = document.querySelector('input') as HTMLInputElement;
const output = document.querySelector('output') as HTMLOutputElement;
input.addEventListener('change', async () => {
  const [fixed, moving] = input.files ?? [];
  if (!fixed || !moving) return;
  const result = await registerInWorker(fixed, moving, {
    choices: { effort: 'fast' },
    onEvent: (event) => {
      if (event.kind === 'step') output.textContent = `${Math.round(100 * event.done)} %`;
    },
  });
  const { before, after } = result.judgement;
  output.textContent = `Correlation ${before.correlation.toFixed(3)} → ${after.correlation.toFixed(3)}`;
  result.close();
});
