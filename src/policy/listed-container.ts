/** A container as a policy's text lists it. */
import type { Container } from "./native/shapes.ts";

export type { Capabilities, EnvironmentRule, IdentityPattern } from "./native/shapes.ts";

/** What is looked at, and the names that tools write beside it, which no rule looks at. */
export interface ListedContainer extends Container {
  /** What the image is called. */
  readonly id?: string;
  readonly name?: string;
}
