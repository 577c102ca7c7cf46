/** Colours, where somebody looks who sees them. */
import { styleText } from "node:util";

/** How something is to look. */
export type Style = "bold" | "dim" | "green" | "red" | "yellow";

/** Makes text look so, or leaves it. */
export type Paint = (style: Style, text: string) => string;

/** For files, pipes and READMEs. */
export const plain: Paint = (_, text) => text;

/** For a stream: colours on a terminal that has them, unless `NO_COLOR` says otherwise. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY || !stream.hasColors()) return plain;
  return (style, text) => styleText(style, text, { validateStream: false });
}
