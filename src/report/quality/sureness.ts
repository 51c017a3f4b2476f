/** How sure a verdict is, in words. */
export function sureness(certainty: number): string {
  if (certainty >= 0.995) return "sure";
  if (certainty >= 0.95) return "quite sure";
  return certainty >= 0.75 ? "likely" : "unsure";
}
