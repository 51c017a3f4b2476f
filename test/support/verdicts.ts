/** Verdicts at the end of runs take longer than all else where images are small: tests that are about them ask for them. */
import { verdicts } from "../../src/report/report-file-node.ts";

const { assess } = verdicts;

/** From here to the end of a file of tests, runs reach verdicts as they do elsewhere. */
export function withVerdicts(): void {
  verdicts.assess = assess;
}

/** From here on, runs have verdicts that nobody has reached. */
export function leaveOutVerdicts(): void {
  verdicts.assess = async ({ profiles }) => {
    const labels = new Set(profiles.map(({ target }) => target.channel.label));
    const core = { kind: "no-gain", confidence: "low", certainty: 0.5, reason: "Not assessed." } as const;
    const channels = [...labels].map((label) => ({ ...core, label, text: `${label} is not assessed.` }));
    return { ...core, text: "Not assessed.", channels };
  };
}
