/** What may break a rule, each with its reason. One that nothing needs any more fails the test. */
import type { SizeExemption } from "./rules/size.ts";
import type { StateExemption } from "./rules/state.ts";

export const sizeExemptions: readonly SizeExemption[] = [
  {
    path: "assembly/aes-boxes.ts",
    name: "subBytes",
    reason: "a published circuit of 115 gates, one a line; its wires are locals, as in compressWords below",
  },
  {
    path: "assembly/aes-boxes.ts",
    name: "inverseSubBytes",
    reason: "as above, of 126 gates",
  },
  {
    path: "assembly/chacha20-rounds.ts",
    name: "mixBlocks",
    reason: "the state of ChaCha20 and that of Poly1305 live in 28 locals, as in compressWords below",
  },
  {
    path: "assembly/sha256-rounds.ts",
    name: "compressWords",
    reason:
      "state and message words live in 24 locals; AssemblyScript has no tuples to hand them on in registers",
  },
  {
    path: "assembly/sha256-stream.ts",
    name: "compressBlock",
    reason: "as above; looped over eight rounds instead of sixteen it loses a twentieth of its speed",
  },
];

export const stateExemptions: readonly StateExemption[] = [
  {
    path: "src/crypto/core.ts",
    name: "modules",
    reason: "compiled code, which holds no data and is the same for all",
  },
  {
    path: "src/policy/framework-modules.ts",
    name: "library",
    reason: "as above",
  },
  {
    path: "src/scratch/write-sequence.ts",
    name: "instances",
    reason: "a nonce must not come twice in one process, whichever devices are made in it",
  },
];
