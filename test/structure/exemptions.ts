/** What may break a rule, each with its reason. One that nothing needs any more fails the test. */
import type { SizeExemption } from "./rules/size.ts";
import type { StateExemption } from "./rules/state.ts";

export const sizeExemptions: readonly SizeExemption[] = [];

export const stateExemptions: readonly StateExemption[] = [];
