/** The same newcomer with a container image's layer: built from a tar, opened, read, and refused when broken. */
import { MemoryDevice } from "sealstone";
import { fromHex, toHex } from "sealstone/bytes";
import { openExt4 } from "sealstone/ext4";
import { buildLayer, MemoryTarget, openLayer } from "sealstone/layer";
import { parseReference } from "sealstone/oci";
import { TarReader } from "sealstone/tar";
import { TreeFiles } from "sealstone/tree";

/** All that a run shows. */
export async function tryLayer() {
  const empty = await buildLayer([new Uint8Array(1024)]);
  const tar = tarOf("hello.txt", "hello");
  const entry = await new TarReader([tar]).next();
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer([tar], { target });
  const image = target.bytes;
  const read = await readHello(image, rootHash);
  // Behind the superblock and eight blocks of descriptors: the only block of data.
  image[9 * 4096] ^= 1;
  return {
    emptyRootHash: toHex(empty.rootHash),
    entry: new TextDecoder().decode(entry.name),
    read,
    refused: await readHello(image, rootHash).catch(({ code }) => code),
    otherRootHash: await readHello(image, fromHex("00".repeat(32))).catch(({ code }) => code),
    repository: parseReference("registry.example/tools/attw:1").repository,
  };
}

async function readHello(image, rootHash) {
  const layer = await openLayer(new MemoryDevice(image), { rootHash });
  try {
    const files = new TreeFiles(await openExt4(layer.device));
    const names = await files.readdir("/");
    return { names: names.sort(), text: await files.readFile("/hello.txt", "utf8") };
  } finally {
    await layer.close();
  }
}

/** An archive of one file: its header, its content, and two blocks of zeros. */
function tarOf(name, text) {
  const tar = new Uint8Array(512 + 512 + 1024);
  const put = (offset, ascii) => tar.set(new TextEncoder().encode(ascii), offset);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${text.length.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0" + "00");
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  put(512, text);
  return tar;
}
