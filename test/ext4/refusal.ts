/** What the hostile tests have in common. */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { type ErrorLocation, FormatError } from "../../src/errors.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { TreeFiles } from "../../src/tree/tree-files.ts";
import type { GoldenName } from "./golden-image.ts";
import { ImageEditor } from "./image-editor.ts";

/** What is done with the files of a spoilt image. */
export type Use = (files: TreeFiles) => Promise<unknown>;
/** One way to spoil an image, and what must come of it. */
export type Case = [
  title: string,
  image: GoldenName,
  spoil: (image: ImageEditor) => void,
  use: Use,
  expected: { readonly code: string; readonly at?: ErrorLocation; readonly message?: RegExp },
];

export const open: Use = async () => undefined;
export const stat =
  (path: string): Use =>
  (files) =>
    files.lstat(path);
export const read =
  (path: string): Use =>
  (files) =>
    files.readFile(path);
export const list =
  (path: string): Use =>
  (files) =>
    files.readdir(path);
export const link: Use = (files) => files.readlink("slow");
export const value =
  (name: string): Use =>
  (files) =>
    files.getxattr("attributes", name);
export const far = 0x00ff_ffff;

/** Spoilt as it is, the image must be refused, on opening or in use. */
export async function expectRefusal(image: ImageEditor, use: Use, expected: Case[4]): Promise<void> {
  const { message, at, code } = expected;
  const failure: unknown = await openExt4(new MemoryDevice(image.bytes), { name: "image" })
    .then((tree) => use(new TreeFiles(tree)))
    .then(
      () => "no error",
      (error: unknown) => error,
    );
  expect(failure).toBeInstanceOf(FormatError);
  expect(failure).toMatchObject({ code, at: { device: "image", ...at } });
  if (message) expect((failure as FormatError).message).toMatch(message);
}

/** One test a row. */
export function expectRefusals(rows: readonly Case[]): void {
  test.each(rows)("%s (%s)", async (_title, name, spoil, use, expected) => {
    const image = new ImageEditor(name);
    spoil(image);
    await expectRefusal(image, use, expected);
  });
}
