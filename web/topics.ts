/** Tells whoever listens that something has changed. */
export class Topics<Topic extends string> {
  readonly #listeners = new Map<Topic, (() => void)[]>();

  /** Calls a listener now, and whenever one of the topics changes. */
  watch(topics: readonly Topic[], listener: () => void): void {
    for (const topic of topics) this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
    listener();
  }

  tell(...topics: readonly Topic[]): void {
    const called = new Set(topics.flatMap((topic) => this.#listeners.get(topic) ?? []));
    for (const listener of called) listener();
  }
}
