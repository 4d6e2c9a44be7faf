/** Lets work through step by step, and holds it while it is closed. Between two steps the worker hears the page. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: () => void = () => undefined;

  close(): void {
    this.#opened ??= new Promise((opened) => {
      this.#open = opened;
    });
  }

  open(): void {
    this.#open();
    this.#opened = undefined;
  }

  /** Done when the messages that are there are heard, and the gate is open. */
  async pass(): Promise<void> {
    await new Promise((heard) => setTimeout(heard));
    await this.#opened;
  }
}
