/**
 * The key schedule of AES-256 (FIPS 197, section 5.2), sliced as the rounds
 * take it: with the S-box's constant in all keys but the first, and with SIMD
 * all but the last one moved as ShiftRows would have, see `aes-columns.ts`. Every
 * key stands for all blocks of a group. SubWord goes through the S-box's circuit: no table.
 */
import { sliceGroup, subGroup } from "./aes-rounds";
import { groupBlocks, groupBytes } from "./aes-slices";
import { fillSmall } from "./small-copies";

/** FIPS 197's w: 60 words. */
const words: usize = memory.data(240, 16);
const group: usize = memory.data(128, 16);
const boxConstant: u32 = 0x63636363;
const lastRound: i32 = 14;

/** Makes the schedule at `schedule` of the 32 bytes at `key`. Nothing else is left of it. */
export function expandKey(key: usize, schedule: usize): void {
  for (let i: usize = 0; i < 32; i += 4) store<u32>(words + i, load<u32>(key + i));
  let constant: u32 = 1;
  for (let i: usize = 8; i < 60; i++) {
    let word = load<u32>(words + 4 * i - 4);
    if ((i & 7) == 0) {
      word = subWord(rotr<u32>(word, 8)) ^ constant;
      constant <<= 1;
    } else if ((i & 7) == 4) {
      word = subWord(word);
    }
    store<u32>(words + 4 * i, word ^ load<u32>(words + 4 * i - 32));
  }
  for (let round = 0; round <= lastRound; round++) {
    for (let block = 0; block < groupBlocks; block++) placeRoundKey(round, group + 16 * (block as usize));
    sliceGroup(group, schedule + groupBytes * (round as usize));
  }
  fillSmall(words, 240);
  fillSmall(group, groupBytes);
}

function placeRoundKey(round: i32, to: usize): void {
  const moved = ASC_FEATURE_SIMD && round < lastRound ? round : 0;
  const constant: u8 = round == 0 ? 0 : (boxConstant as u8);
  for (let column = 0; column < 4; column++) {
    for (let row = 0; row < 4; row++) {
      const from = 4 * ((column - moved * row) & 3) + row;
      store<u8>(to + 4 * column + row, load<u8>(words + 16 * round + from) ^ constant);
    }
  }
}

function subWord(word: u32): u32 {
  store<u32>(group, word);
  subGroup(group, group);
  return load<u32>(group) ^ boxConstant;
}
