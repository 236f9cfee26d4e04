/**
 * Gives equal texts one string. Order ids, customers and items come from four sources, each with strings of its own.
 * Event ids are not worth it: they come from two, and the pool's own entry costs as much as the string.
 */
export class TextPool {
  readonly #texts = new Map<string, string>();

  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

/** Where texts may come from a pool. */
export type TextSharer = Pick<TextPool, 'share'>;

/** For texts that are gone in a moment: nothing is kept of them. */
export const passingTexts: TextSharer = { share: (text) => text };

/** The word of the list that equals the text, which saves a string; the text itself when it is none of them. */
export function sharedWord(text: string, words: readonly string[]): string {
  return words.find((word) => word === text) ?? text;
}
