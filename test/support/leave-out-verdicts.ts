/** Before every test file: runs are not assessed, unless the file asks for it by `withVerdicts`. */
import { leaveOutVerdicts } from "./verdicts.ts";

leaveOutVerdicts();
