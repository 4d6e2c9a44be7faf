/** A model that registers in place of a plan. */
export interface Model {
  readonly name: string;
  /** Whether the user gave it; else it is served with the page. */
  readonly isOwn: boolean;
  /** The bytes of its file, loaded when they are needed. */
  bytes(): Promise<Uint8Array>;
}

const addresses = import.meta.glob<string>('../models/*.onnx', { query: '?url', import: 'default', eager: true });

/** The models that are served with the page, by their names on the command line. */
export const SHIPPED: ReadonlyMap<string, Model> = new Map(
  Object.entries(addresses).map(([path, address]) => {
    const name = path.replace(/^.*\/|\.onnx$/g, '');
    return [name, { name, isOwn: false, bytes: () => fetched(new URL(address, document.baseURI)) }];
  }),
);

async function fetched(address: URL): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the model is not served here (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}
