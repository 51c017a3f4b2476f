// @ts-check
/** What a quick run holds Isolux to: without options it does no harm, and it finds what is easy to find. */

/** By how much a profile may be farther from the truth than no profile at all: what a fit's noise may cost, 0.3 %. */
const tolerance = 0.003;
/** How far from the truth the profile of the plainest scene may be: small tiles and few planes tell little. */
const mostError = { organ: 0.04 };

/**
 * One line for each floor that was missed.
 * @param {import("./tables.mjs").BenchRecord} record
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function missedFloors(record, names) {
  return names.flatMap((name) => {
    const { none, estimate } = record.scenes[name]?.methods ?? {};
    const [before, after] = [none?.figures?.profile, estimate?.figures?.profile];
    if (before === undefined || estimate === undefined) return [];
    if (after === undefined) return [`${name}: ${"why" in estimate ? estimate.why : "no figures"}`];
    const most = Math.min(before + tolerance, mostError[/** @type {"organ"} */ (name)] ?? Number.POSITIVE_INFINITY);
    if (after <= most) return [];
    return [`${name}: the profile is ${percent(after)} from the truth, at most ${percent(most)}`];
  });
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
