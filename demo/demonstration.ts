/** The demonstration: the good path, then the gallery. */
import { GuestAgent } from "sealstone/node";
import { makeAttwImage } from "../images/attw-image.ts";
import { allowedProcess } from "./allowed-process.ts";
import { buildLayers, type Deployment, deploy } from "./deployment.ts";
import type { AttackFamily } from "./gallery/attack.ts";
import { families } from "./gallery/families.ts";
import { describeAnswer, runGallery, type Verdict } from "./gallery/run-gallery.ts";
import { type Guest, SimulatedHost } from "./simulated-host.ts";
import { type Step, tellStory } from "./story.ts";

/** Starts a guest for a machine that was launched for a policy. */
export type StartGuest = (hostData: Uint8Array) => Promise<Guest>;

/** The real one. */
export const startGuestAgent: StartGuest = (hostData) => GuestAgent.start({ evidence: { hostData } });

/** An image and what was made of it. */
export interface Deployed {
  readonly image: string;
  readonly deployment: Deployment;
}

/** What there is to see. */
export interface Demonstration extends Deployed {
  readonly story: readonly Step[];
  readonly verdicts: readonly Verdict[];
  /** Whether the good path worked, every attack was refused as it must be, and every twin allowed. */
  readonly ok: boolean;
}

/** What is to be shown, to whom, of which guest. */
export interface DemonstrationOptions {
  /** The repository's folder, after `npm ci`. */
  readonly root: string;
  /** What is deployed; `deployAttw` makes it unless it is there. */
  readonly deployed?: Deployed;
  readonly startGuest?: StartGuest;
  readonly attackFamilies?: readonly AttackFamily[];
  /** Told of what is known as it is known. */
  readonly onDeployed?: (image: string, deployment: Deployment) => void;
  readonly onStory?: (story: readonly Step[]) => void;
}

/** Builds what is deployed: the image of `images/`, and the policy for it. */
export async function deployAttw(root: string): Promise<Deployed> {
  const image = await makeAttwImage(root);
  const layers = await buildLayers(image);
  const options = { processes: [{ command: allowedProcess, signals: [] }] };
  return { image: image.name, deployment: deploy(image, layers, options) };
}

/** Runs all of it. Rejects only where the demonstration itself cannot be made. */
export async function demonstrate(options: DemonstrationOptions): Promise<Demonstration> {
  const { root, startGuest = startGuestAgent, attackFamilies = families } = options;
  const { image, deployment } = options.deployed ?? (await deployAttw(root));
  options.onDeployed?.(image, deployment);
  const start = async (): Promise<SimulatedHost> =>
    new SimulatedHost(await startGuest(deployment.hostData), deployment);
  const story = await toldStory(start, root);
  options.onStory?.(story);
  const verdicts = await runGallery(attackFamilies, start);
  const ok = [...story, ...verdicts].every(({ holds }) => holds) && verdicts.length > 0;
  return { image, deployment, story, verdicts, ok };
}

/** A good path that ends before its time is one that does not hold. */
async function toldStory(start: () => Promise<SimulatedHost>, root: string): Promise<readonly Step[]> {
  await using host = await start();
  try {
    return await tellStory(host, root);
  } catch (error) {
    const { name, message } = describeAnswer(error);
    return [{ step: `the good path ends: ${name}: ${message}`, holds: false }];
  }
}
