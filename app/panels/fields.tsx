/** Buttons that keys never pass by, and fields in which nothing is replaced while the user types. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import * as state from "../state.ts";

/** Begins work; does nothing while there is other work, but stays where keys find it. */
export function WorkButton({
  onClick,
  kind = "",
  isOff = false,
  isPressed,
  children,
}: {
  readonly onClick: () => unknown;
  readonly kind?: string;
  /** Looks as if it did nothing: what is missing is said when it is pressed. */
  readonly isOff?: boolean;
  /** Whether what the page shows comes from this button. */
  readonly isPressed?: boolean;
  readonly children: ComponentChildren;
}) {
  const isBusy = state.busy.value !== undefined;
  return (
    <button
      type="button"
      class={kind}
      aria-disabled={isBusy || isOff}
      aria-pressed={isPressed}
      onClick={() => !isBusy && onClick()}
    >
      {children}
    </button>
  );
}

interface InputEvent {
  readonly currentTarget: HTMLInputElement;
}

/** A field whose text is taken once the user is done with it. */
export function TypedField({
  label,
  kind,
  value,
  take,
  type,
  placeholder,
}: {
  readonly label: string;
  readonly kind?: string;
  readonly value: string;
  /** @returns what is wrong with the text, if anything is */
  readonly take: (text: string) => string | undefined;
  readonly type: "text" | "number";
  readonly placeholder?: string;
}) {
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const field = {
    value: typed ?? value,
    onInput: ({ currentTarget }: InputEvent) => {
      currentTarget.setCustomValidity("");
      setTyped(currentTarget.value);
    },
    onChange: ({ currentTarget }: InputEvent) => {
      const fault = take(currentTarget.value);
      currentTarget.setCustomValidity(fault ?? "");
      if (fault === undefined) setTyped(undefined);
      else currentTarget.reportValidity();
    },
  };
  return type === "number" ? (
    <label class={kind}>
      {label}
      <input type="number" {...field} />
    </label>
  ) : (
    <label class={kind}>
      {label}
      <input type="text" class="long" placeholder={placeholder} {...field} />
    </label>
  );
}
