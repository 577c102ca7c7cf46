/** A part of a document that a program writes: it stands between two comments, which stay. */

/**
 * Puts text between the markers `<!-- NAME:start -->` and `<!-- NAME:end -->`.
 *
 * @throws {Error} where they are not there.
 */
export function withMarkedBlock(document: string, name: string, block: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [before, rest] = [document.split(start)[0], document.split(end)[1]];
  if (!document.includes(start) || rest === undefined)
    throw new Error(`the document has no place for ${name}: ${start}`);
  return `${before}${start}\n${block}\n${end}${rest}`;
}
