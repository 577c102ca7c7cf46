/** Paths on the command line whose names are no UTF-8. */
import { expect, test } from "vitest";
import { typedPaths } from "../../src/cli/typed-paths.ts";
import { ImageBuilder } from "../oci/image-builder.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { run, scratchFolder, sealstoneLine } from "./child-command.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const commandLine =
  (...words: readonly string[]) =>
  () =>
    bytesOf(words.map((word) => `${word}\0`).join(""));

test("are found in the words that were typed, in their order", () => {
  const typed = commandLine("node", "main.js", "cat", "a\xff", "plain", "a\xfe");
  expect(typedPaths(["a\ufffd", "plain", "a\ufffd"], typed)).toEqual([
    bytesOf("a\xff"),
    bytesOf("plain"),
    bytesOf("a\xfe"),
  ]);
});

test("are the text where the words are not known, or hold the mark itself", () => {
  expect(typedPaths(["a\ufffd", "b"], commandLine())).toEqual(["a\ufffd", "b"]);
  const mark = Buffer.from("a\ufffd").toString("latin1");
  expect(typedPaths(["a\ufffd"], commandLine("cat", mark))).toEqual([bytesOf(mark)]);
  expect(typedPaths(["ä", "/"], () => expect.unreachable())).toEqual(["ä", "/"]);
});

test.runIf(process.platform === "linux")("name a file of an image", () => {
  const folder = scratchFolder();
  const name = bytesOf("d/\xff\xfe");
  const tar = new TarBuilder()
    .add({ name, content: bytesOf("found") })
    .end()
    .bytes();
  const builder = new ImageBuilder();
  builder.layout(builder.addImage({ layers: [{ tar }] }));
  builder.writeTo(folder);
  const sealstone = (...words: readonly string[]): string => {
    const line = `bytes=$(printf '\\377\\376'); ${sealstoneLine(...words)} "d/$bytes"`;
    const outcome = run("sh", ["-c", line], folder);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    return outcome.stdout;
  };
  expect(sealstone("cat", "oci:.")).toBe("found");
  expect(sealstone("ls", "oci:.")).toBe("d/\\xff\\xfe\n");
  expect(sealstone("stat", "oci:.")).toContain("d/\\xff\\xfe: file\n");
  expect(JSON.parse(sealstone("stat", "--json", "oci:."))).toMatchObject([{ pathHex: "642ffffe" }]);
});
