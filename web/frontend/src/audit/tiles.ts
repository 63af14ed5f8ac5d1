/** The bundles of entries of a log, as tlog-tiles lays them out; twin of audit/tiles.py. */

import { LogError } from "./merkle.js";

export const WIDTH = 256; // entries of a full bundle
const MAX_ENTRY = 0xffff; // bytes
export const MAX_BUNDLE = WIDTH * (2 + MAX_ENTRY);

/** Three digits a folder, all groups but the last marked with x: 1234067 is x001/x234/067. */
function grouped(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  return groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** How many entries bundle `index` has in a log of `size`. */
export const widthAt = (index: number, size: number): number => Math.max(0, Math.min(WIDTH, size - index * WIDTH));

export const bundlePath = (index: number, width = WIDTH): string =>
  `tile/entries/${grouped(index)}${width === WIDTH ? "" : `.p/${width}`}`;

/** The entries of a bundle, each after its length in two bytes; refuses unless it is just `width` of them. */
export function splitBundle(data: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let position = 0;
  for (let place = 0; place < width; place += 1) {
    const start = position + 2;
    if (start > data.length) throw new LogError(`the bundle ends within its entry ${place} of ${width}`);
    position = start + data[start - 2] * 256 + data[start - 1];
    if (position > data.length) throw new LogError(`the bundle ends within its entry ${place} of ${width}`);
    entries.push(data.subarray(start, position));
  }
  if (position !== data.length)
    throw new LogError(`${data.length - position} bytes follow the last entry of the bundle`);
  return entries;
}
