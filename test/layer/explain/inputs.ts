/** Inputs of explanations, from bytes. */
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import type { ImageInput, TarInput } from "../../../src/layer/explain/layer-input.ts";

/** An archive in memory. */
export function tarInput(name: string, bytes: Uint8Array): TarInput {
  return { kind: "tar", name, open: () => [bytes] };
}

/** An image in memory. */
export function imageInput(name: string, bytes: Uint8Array): ImageInput {
  return { kind: "image", name, device: new MemoryDevice(bytes, { name }) };
}
