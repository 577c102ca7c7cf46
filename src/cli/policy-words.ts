/** Words that several `policy` actions have for the same things. */
import type { ListedContainer } from "../policy/listed-container.ts";

/** A container as messages call it; policies count containers from 0. */
export function containerTitle({ name, id }: ListedContainer, index: number): string {
  const title = name ?? id;
  return title === undefined ? `container ${index}` : `container ${index} (${title})`;
}
