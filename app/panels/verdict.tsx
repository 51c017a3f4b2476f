/** How good a profile is: a word, two figures, and all of the sentence for who wants it. */
import { useEffect, useRef } from "preact/hooks";
import type { ChannelResult } from "../engine/messages.ts";

const words = { improved: "Improved", "no-gain": "No gain", worse: "Worse" } as const;
const percent = (share: number) => `${(100 * share).toPrecision(share < 0.1 ? 2 : 3)} %`;

export function Verdict({ result: { verdict, warnings } }: { readonly result: ChannelResult }) {
  const own = useRef<HTMLDivElement>(null);
  // It may lie below what is visible of the steps
  useEffect(() => own.current!.scrollIntoView({ block: "nearest" }), [verdict]);
  const { kind, confidence, seams, profileError, text } = verdict;
  return (
    <div ref={own} class={`verdict ${kind}`} role="status" data-testid="verdict">
      <p class="word">
        {words[kind]} <small>{confidence} confidence</small>
      </p>
      <dl>
        {seams !== undefined && (
          <div>
            <dt>Seam difference</dt>
            <dd>
              {percent(seams.before)} → {percent(seams.after)}
            </dd>
          </div>
        )}
        {profileError !== undefined && (
          <div>
            <dt>Profile error</dt>
            <dd>
              {percent(profileError.value)}{" "}
              <small>
                ({percent(profileError.low)} to {percent(profileError.high)})
              </small>
            </dd>
          </div>
        )}
      </dl>
      <details>
        <summary>All of it</summary>
        <p>{text}</p>
        {warnings.map((warning) => (
          <p key={warning}>{warning}</p>
        ))}
      </details>
    </div>
  );
}
