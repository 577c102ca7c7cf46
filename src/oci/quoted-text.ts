/** Text that a host or an image chose, fit to stand in a message. */

/** How much of it may stand there, in UTF-16 units. */
const maxQuotedLength = 120;

/** In quotes, cut short, and with nothing in it that a terminal would act on or that turns the writing direction. */
export function quoted(text: string): string {
  const cut = text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}…` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
