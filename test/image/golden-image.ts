/** Golden tars as the layers of one image. */
import { type GoldenTar, goldenTars } from "../layer/golden-layers.ts";
import { ImageBuilder, type LayerInput } from "../oci/image-builder.ts";

/** A golden tar that can be a layer, and what it gives with the `layer` options. */
export interface GoldenLayer {
  readonly name: string;
  readonly tar: Uint8Array;
  readonly rootHash: string;
  readonly ext4SizeBytes: number;
  readonly imageSha256: string;
}

/** Those whose file system has at most so many bytes. */
export function goldenLayers(maxExt4SizeBytes: number): GoldenLayer[] {
  return goldenTars().flatMap((golden) => {
    const result = layerResult(golden);
    if (result === undefined || "error" in result || result.ext4_size > maxExt4SizeBytes) return [];
    return [
      {
        name: golden.name,
        tar: golden.bytes(),
        rootHash: result.verity_root_hash,
        ext4SizeBytes: result.ext4_size,
        imageSha256: result.image_sha256,
      },
    ];
  });
}

/** A golden tar that cannot be a layer. */
export function goldenFailure(): Uint8Array {
  const found = goldenTars().find((golden) => "error" in (layerResult(golden) ?? {}));
  if (found === undefined) throw new Error("no golden tar fails");
  return found.bytes();
}

/** An image of these layers, stored now so and now so. */
export function goldenImage(layers: readonly Pick<GoldenLayer, "tar">[]): ImageBuilder {
  const forms: LayerInput["compression"][] = ["gzip", "none", "double-gzip"];
  const builder = new ImageBuilder();
  const inputs = layers.map(({ tar }, index) => ({
    tar,
    compression: forms[index % forms.length] ?? "gzip",
  }));
  return builder.layout(builder.addImage({ layers: inputs, config: { Cmd: ["true"], Labels: { a: "b" } } }));
}

function layerResult({ results }: GoldenTar) {
  return results.find(([set]) => set === "layer")?.[1];
}
