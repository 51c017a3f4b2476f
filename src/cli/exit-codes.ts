/** The exit codes of the command line; the middle ones are those of `isolux check` and `isolux status`. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  noGain: 3,
  worse: 4,
  atWork: 5,
  waiting: 6,
  interrupted: 130,
} as const;
