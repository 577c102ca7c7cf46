/** The whole gallery, in the order in which it is shown. */
import type { AttackFamily } from "./attack.ts";
import { containerAttacks } from "./container-attacks.ts";
import { layerAttacks } from "./layer-attacks.ts";
import { overlayAttacks } from "./overlay-attacks.ts";
import { policyAttacks } from "./policy-attacks.ts";
import { scratchAttacks } from "./scratch-attacks.ts";

/** Every family of attacks. */
export const families: readonly AttackFamily[] = [
  layerAttacks,
  overlayAttacks,
  scratchAttacks,
  containerAttacks,
  policyAttacks,
];
