/** How one would measure the shading of the microscope: frames of an evenly fluorescent slide, and dark frames. */
import type { Profile } from "../profile/profile.ts";
import { detect, hashOf, mix, scramble } from "./random.ts";
import type { SyntheticAcquisition } from "./write-acquisition.ts";

/** How the slide is imaged. */
export interface SlideMeasurement {
  readonly frames: number;
  /** The slide's brightness in counts, where the flat-field is 1. */
  readonly brightness: number;
}

/**
 * The profiles that such a measurement gives, by channel label: means over the frames, with the noise that is left in
 * them. A slide tells nothing of the sample's background: the baseline is 0.
 */
export function measureProfiles(
  { options, truth }: SyntheticAcquisition,
  { frames, brightness }: SlideMeasurement,
): ReadonlyMap<string, Profile> {
  const readVariance = options.readNoise ** 2;
  const measured = [...truth.profiles].map(([label, profile], channel): [string, Profile] => {
    const meanOfFrames = (key: number, expected: number, pixel: number) => {
      let sum = 0;
      for (let frame = 0; frame < frames; frame += 1) {
        sum += detect(expected, readVariance, scramble(mix(key, frame) + Math.imul(pixel, 0x9e3779b1)));
      }
      return sum / frames;
    };
    const [darkKey, slideKey] = [hashOf(options.seed, 0xda2f, channel), hashOf(options.seed, 0x511de, channel)];
    const darkfield = profile.darkfield.map((dark, i) => meanOfFrames(darkKey, dark, i));
    const slide = profile.flatfield.map(
      (value, i) => meanOfFrames(slideKey, brightness * value + profile.darkfield[i]!, i) - darkfield[i]!,
    );
    const mean = slide.reduce((sum, value) => sum + value, 0) / slide.length;
    return [label, { ...profile, darkfield, flatfield: slide.map((value) => value / mean), baseline: 0 }];
  });
  return new Map(measured);
}
