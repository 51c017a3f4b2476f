/** What the user takes away: profiles, parameter file and report as files, the commands, and the corrected image. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { saveFiles, saveReport, writeCorrected } from "../actions.ts";
import * as state from "../state.ts";
import { commandLines, parameterFile } from "./commands.ts";
import { WorkButton } from "./fields.tsx";
import { givesFolders } from "./folders.ts";

/** A word of a command; paths break after their slashes. */
function Word({ text }: { readonly text: string }) {
  return (
    <span>
      {text.split(/(?<=\/)(?!\/)/).map((part, at) => (
        <Fragment key={at}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}

/** More pixels are left to the command, which uses all cores and goes on where it was stopped. */
const mostBytes = 8e9;

export function TakeAway() {
  const { files } = state.result.value!;
  const canWrite = givesFolders();
  return (
    <>
      <div class="pair">
        {files.map(([path, bytes]) => (
          <a key={path} class="button" download={nameOf(path)} href={addressOf(bytes)} data-testid="download">
            Save {files.length > 1 ? path : "profiles.npz"}
          </a>
        ))}
        <a class="button" download="flatfield.yaml" href={textAddress(parameterFile())}>
          Save flatfield.yaml
        </a>
        <WorkButton onClick={saveReport}>Save the report</WorkButton>
        {canWrite && <WorkButton onClick={saveFiles}>All into a folder</WorkButton>}
      </div>
      <Commands />
      {canWrite && <WholeImage />}
      <p class="done" role="status" data-testid="written">
        {state.written.value}
      </p>
    </>
  );
}

function Commands() {
  const [isCopied, setCopied] = useState(false);
  const lines = commandLines();
  const copy = async () => {
    await navigator.clipboard.writeText(lines).catch(() => undefined);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <>
      <p class="hint">The same for the whole image, with the command line:</p>
      <pre>
        <code data-testid="command">
          {lines.split(/(\s)/).map((word, at) => (/\s/.test(word) ? word : <Word key={at} text={word} />))}
        </code>
      </pre>
      <button type="button" onClick={copy}>
        {isCopied ? "Copied" : "Copy the commands"}
      </button>
    </>
  );
}

function WholeImage() {
  const { bytes } = state.image.value!;
  const size = bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes > mostBytes ? (
    <p class="hint">The image has {size} of pixels: images of this size are written by the command, not from a page.</p>
  ) : (
    <WorkButton kind="wide" onClick={writeCorrected}>
      Write the corrected image ({size})
    </WorkButton>
  );
}

/** A browser saves into one folder: the path goes into the name. */
const nameOf = (path: string) => path.replaceAll("/", "-");

const addresses = new WeakMap<Uint8Array, string>();

function addressOf(bytes: Uint8Array<ArrayBuffer>): string {
  const known = addresses.get(bytes) ?? URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  addresses.set(bytes, known);
  return known;
}

const textAddress = (text: string) => `data:text/yaml;charset=utf-8,${encodeURIComponent(text)}`;
