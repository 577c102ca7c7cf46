/** What a comparison hands on: the layers that were looked at, and what was found. */
import type { LayerExplanation, LayerSide } from "./explanation.ts";
import type { ImageView } from "./image-view.ts";
import type { ImageInput, TarInput } from "./layer-input.ts";
import type { TarView } from "./tar-view.ts";

/** What of an explanation a comparison finds. */
export type Findings = Pick<LayerExplanation, "causes" | "match" | "entries" | "paths" | "blocks">;

/** A tar that became a layer. */
export interface LookedTar {
  readonly kind: "tar";
  readonly input: TarInput;
  readonly view: TarView;
  readonly side: LayerSide;
}

/** An image with a file system in it. */
export interface LookedImage {
  readonly kind: "image";
  readonly input: ImageInput;
  readonly view: ImageView;
  readonly side: LayerSide;
}

/** One input, looked at. */
export type Looked = LookedTar | LookedImage | { readonly kind: "failed"; readonly side: LayerSide };
