/**
 * How a proof ends that does not hold.
 * @param {string} proof its name
 * @returns a function that says what was found, and ends the process
 */
export function failureOf(proof) {
  return (message) => {
    console.error(`${proof}: ${message}`);
    process.exit(1);
  };
}
