/**
 * An image as a fixture of vitest's: opened once, and a fresh scratch for each test.
 *
 * ```ts
 * import { expect } from "vitest";
 * import { mountImage } from "sealstone/vitest";
 *
 * const test = mountImage("oci:app");
 * test("the motd is kept", async ({ root }) => {
 *   await install(root);
 *   expect(await root.readFile("/etc/motd", "utf8")).toContain("welcome");
 * });
 * ```
 */
import { type TestAPI, test } from "vitest";
import { type ObtainImageOptions, obtainImage } from "../image/obtain-image.node.ts";
import type { OpenedImage } from "../image/open-image.node.ts";
import type { OpenedLayer } from "../layer/opened-layer.ts";
import { type MountLayersOptions, mountLayers as mount } from "../overlay/mount-layers.ts";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import { treeChangeText } from "../tree/tree-change.ts";

/** Layers that stay open together. */
export interface MountableImage {
  /** Base first. */
  readonly layers: readonly OpenedLayer[];
  close(): Promise<void>;
}

/** What a test is given. */
export interface MountContext<Image extends MountableImage = OpenedImage> {
  /** The image, which the tests share. */
  readonly image: Image;
  /** Its root file system, with a sealed scratch of the test's own. */
  readonly root: MountedOverlay;
}

/** How tests have their file system. */
export interface MountTestOptions
  extends Pick<
    MountLayersOptions,
    "policyLayers" | "scratchSizeBytes" | "followRedirects" | "metacopy" | "keptNames"
  > {
  /** How long the image stays open: a worker's life unless set, or a file's. */
  readonly scope?: "worker" | "file";
  /** How many changes a failed test shows at most; 100 unless set. */
  readonly shownChanges?: number;
}

const defaultShownChanges = 100;

/**
 * A `test` whose tests have `image` and `root`. One that fails shows what it changed of the image's files.
 *
 * @param image as `obtainImage` takes it: opened when the first test wants it.
 * @throws in tests, what `obtainImage` and `mountLayers` throw.
 */
export function mountImage(
  image: string,
  options: MountTestOptions & Omit<ObtainImageOptions, "isPinnedByPolicy" | "signal"> = {},
): TestAPI<MountContext> {
  const isPinnedByPolicy = options.policyLayers !== undefined;
  return mountLayers(() => obtainImage(image, { ...options, isPinnedByPolicy }), options);
}

/**
 * As `mountImage`, for layers of any kind.
 *
 * @param open opens them, when the first test wants them; they are closed after the last.
 */
export function mountLayers<Image extends MountableImage>(
  open: () => Promise<Image>,
  options: MountTestOptions = {},
): TestAPI<MountContext<Image>> {
  const { scope = "worker", shownChanges = defaultShownChanges, ...how } = options;
  return test.extend<MountContext<Image>>({
    image: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs off its parameter
      async ({}, use) => {
        const image = await open();
        try {
          await use(image);
        } finally {
          await image.close();
        }
      },
      { scope },
    ],
    root: async ({ image, task, onTestFailed }, use) => {
      let changed: Error | undefined;
      // Shown once, beside what the test itself threw: what a fixture throws at its end is shown twice.
      onTestFailed(() => {
        if (changed !== undefined) throw changed;
      });
      const root = await mount(image.layers, how);
      try {
        await use(root);
        if (task.result?.state === "fail") changed = await changedFiles(root, shownChanges);
      } finally {
        await root.close();
      }
    },
  });
}

/** What a test changed, as an error; undefined where it is nothing. */
async function changedFiles(root: MountedOverlay, most: number): Promise<Error | undefined> {
  const lines: string[] = [];
  let count = 0;
  for await (const change of root.changes()) {
    if (count++ < most) lines.push(`  ${treeChangeText(change)}`);
  }
  if (count === 0) return undefined;
  if (count > most) lines.push(`  and ${count - most} more`);
  const error = new Error(`the test that failed had changed these files:\n${lines.join("\n")}`);
  error.name = "ChangedFiles";
  // Where it arose tells nobody anything.
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
