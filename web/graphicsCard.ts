/** What WebGPU says of a card. */
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(): Promise<{ readonly info: AdapterInfo } | null>;
}

/** The card that computes networks, by its name; or none. Why is a sentence. */
export type Card = { readonly name: string; readonly why: string } | { readonly why: string };

/** What of the address says what computes: `?provider=webgpu` or `?provider=wasm`. */
const WISH = 'provider';

/** How long the browser may take to say what it offers, ms. */
const PATIENCE = 1500;

/** Programs that stand for a card, and are slower than the processor itself. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/**
 * Chooses whether networks are computed by the graphics card: where the browser offers one through WebGPU that is no
 * program, and can wait for it in WebAssembly (JSPI).
 */
export async function chooseCard(): Promise<Card> {
  const wish = new URLSearchParams(location.search).get(WISH);
  const no = (reason: string): Card => ({ why: `The graphics card is not used: ${reason}.` });
  if (wish === 'wasm') return no('the address says so');
  const { gpu } = navigator as { readonly gpu?: Gpu };
  if (!gpu) return no('this browser has no WebGPU');
  if (!('Suspending' in WebAssembly)) return no('this browser cannot wait for it in WebAssembly (JSPI)');
  const late = new Promise<'late'>((done) => setTimeout(() => done('late'), PATIENCE));
  const adapter = await Promise.race([gpu.requestAdapter().catch(() => null), late]);
  if (adapter === 'late') return no('the browser does not say what it offers through WebGPU');
  if (!adapter) return no('the browser offers none through WebGPU');
  const { vendor, architecture, device, description, isFallbackAdapter = false } = adapter.info;
  const all = [vendor, architecture, device, description].filter(Boolean).join(' ');
  const isSoftware = isFallbackAdapter || SOFTWARE.test(all);
  if (isSoftware && wish !== 'webgpu')
    return no(`what the browser offers is a program (${all}), slower than the processor`);
  return {
    name: `WebGPU (${description || all || 'unnamed'})`,
    why: 'The graphics card computes networks: models, their refinement, and trainings. Plans are many small steps, which the processor computes.',
  };
}
