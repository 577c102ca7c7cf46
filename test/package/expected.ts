/** What the program must show, in every runtime: digests by OpenSSL, the root hash by veritysetup. */

/** See `program/smoke.js`. */
export const expected = {
  digests: {
    sha1: "a3661ecc73a907190484f72a14ea9862e272f3e2",
    sha224: "ca58b3ed6c896cc955ece19eb0ec346cf3fa65260a6bce5e770c8b63",
    sha256: "6e2f94952624ca90c3ee5e37285f51a17fec08cba1f15be54a4650f8e38f5f5f",
    sha384:
      "97486b7795f36631ee6782788eb4641b1372fea33567b140756224149784e7259f52ffff96e104961634fc91543fd9ea",
    sha512:
      "7cbcd4346ac2b5ae73a4c3cff0cfc93c81b76399941269944af24121fc3c9e22d1829a8e05533e171589ac2825d19936b80e936e767af6d16fd32b958d5d3cd9",
    "sha3-256": "08c6409e7a96d0c921ac507b0c176c5f907a2eb7303be20f5d76f46fc24b0f9b",
    "blake2b-512":
      "9eb8fb7bdb7af5c959fbfb98834e1ef72e072e836c98ffb72836a78e8fe74b8a5f1a1f6b4f3fe186c0c5dee6e69109076c51bf6e8afa28cecbcffe243722f05a",
    "blake2s-256": "7cd8dc38eaa83b403f4207b97d7e0988b2825f03d26ff41eef0317e4995526a0",
    ripemd160: "eb451b30d6469149c153f753a75f4da8308e5a87",
  },
  // The golden volume sha256-n129.
  rootHash: "a55663854cde4e780ae25305f683d18f85fc6598b1a5c3c1bf808789d4d4e6b2",
  readIsTrue: true,
  refused: { code: "block-mismatch", block: 100 },
  layer: {
    // hcsshim's, of an empty tar.
    emptyRootHash: "8b4842f06982817534a75bcf71865213b09dfa8313229c384e5201dadbd75e25",
    entry: "hello.txt",
    read: { names: ["hello.txt", "lost+found"], text: "hello" },
    refused: "block-mismatch",
    otherRootHash: "hash-block-mismatch",
    repository: "tools/attw",
  },
} as const;
