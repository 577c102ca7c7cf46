/** What somebody deploys: an image as layers, and the policy that allows them. */
import { createHash } from "node:crypto";
import { toHex } from "sealstone/bytes";
import {
  buildLayer,
  MemoryTarget,
  type PolicyContent,
  type PolicyOptions,
  policyContent,
  policyText,
} from "sealstone/node";
import type { RecipeImage } from "../images/recipe-image.ts";

/** One layer, built. */
export interface DeployedLayer {
  readonly name: string;
  readonly rootHash: Uint8Array;
  /** The layer image, whole: not to be changed. */
  readonly bytes: Uint8Array;
  readonly ext4SizeBytes: number;
}

/** See the head of this file. */
export interface Deployment {
  /** Base first. */
  readonly layers: readonly DeployedLayer[];
  readonly content: PolicyContent;
  /** The policy's text. */
  readonly policy: string;
  /** Its SHA-256: what the machine is launched for, and the attestation report says. */
  readonly hostData: Uint8Array;
}

interface ImageConfiguration {
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly WorkingDir: string;
  };
}

/** Builds an image's layers, base first. */
export async function buildLayers(image: RecipeImage): Promise<DeployedLayer[]> {
  const layers: DeployedLayer[] = [];
  for (const { name, tar } of image.layers) {
    const target = new MemoryTarget();
    const { rootHash, ext4SizeBytes } = await buildLayer([tar], { target });
    layers.push({ name, rootHash, bytes: target.bytes, ext4SizeBytes });
  }
  return layers;
}

/** Makes the policy for layers, by what the image's configuration says should run on them. */
export function deploy(
  image: Pick<RecipeImage, "name" | "config">,
  layers: readonly DeployedLayer[],
  options: PolicyOptions = {},
): Deployment {
  const { config } = JSON.parse(new TextDecoder().decode(image.config)) as ImageConfiguration;
  const described = {
    name: image.name,
    layers: layers.map(({ rootHash }) => toHex(rootHash)),
    configuration: {
      env: config.Env,
      entrypoint: config.Entrypoint,
      user: config.User,
      workingDir: config.WorkingDir,
    },
  };
  const content = {
    ...policyContent([described], { bare: true, ...options }),
    // So that a variable too many is refused, and not left out.
    allow_environment_variable_dropping: false,
  };
  const policy = policyText(content);
  return { layers, content, policy, hostData: createHash("sha256").update(policy).digest() };
}
