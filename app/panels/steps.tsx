/** The four steps beside the picture: open, empty regions, profile, take away. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { estimate, openImage, useFile } from "../actions.ts";
import * as state from "../state.ts";
import { filesDropped } from "./dropped.ts";
import { EmptyForm } from "./empty-form.tsx";
import { WorkButton } from "./fields.tsx";
import { askForFolder, givesFolders } from "./folders.ts";
import { ProfilePicture } from "./profile-picture.tsx";
import { TakeAway } from "./take-away.tsx";
import { Verdict } from "./verdict.tsx";

function Step({ number, title, children }: { number: number; title: string; children: ComponentChildren }) {
  return (
    <section aria-labelledby={`step-${number}`}>
      <h2 id={`step-${number}`}>
        <span class="number">{number}</span> {title}
      </h2>
      {children}
    </section>
  );
}

/** A step that comes later. */
function Later({ number, title, text }: { number: number; title: string; text: string }) {
  return (
    <section class="later" aria-labelledby={`step-${number}`}>
      <h2 id={`step-${number}`}>
        <span class="number">{number}</span> {title}
      </h2>
      <p>{text}</p>
    </section>
  );
}

export function Steps() {
  const isOpen = state.image.value !== undefined;
  return (
    <div class="steps">
      <Step number={1} title="Open">
        <Open />
      </Step>
      {isOpen && (
        <>
          <Step number={2} title="Where is no sample?">
            <EmptyForm />
          </Step>
          <Step number={3} title="Profile">
            <ProfileForm />
          </Step>
        </>
      )}
      {state.result.value !== undefined && (
        <Step number={4} title="Take away">
          <TakeAway />
        </Step>
      )}
      {!isOpen && (
        <>
          <Later number={2} title="Where is no sample?" text="Empty tiles show the light itself." />
          <Later number={3} title="Profile" text="Compare before and after, with a verdict." />
        </>
      )}
      {state.result.value === undefined && (
        <Later number={4} title="Take away" text="Profiles, report, and the commands for the whole image." />
      )}
    </div>
  );
}

/** Where the image comes from; behind a word once there is one. */
function Open() {
  const { value: image } = state.image;
  if (image === undefined) return <OpenForm />;
  return (
    <>
      <p class="fact name" title={state.imagePlace.value}>
        {state.imagePlace.value.split("/").filter(Boolean).slice(-2).join("/")}
      </p>
      {image.notes.map((text) => (
        <p class="hint" key={text}>
          {text}
        </p>
      ))}
      <details key={image.name}>
        <summary>Open another</summary>
        <OpenForm />
      </details>
    </>
  );
}

function OpenForm() {
  const address = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const { value: image } = state.image;
  const submit = (event: Event) => {
    event.preventDefault();
    const text = address.current!.value.trim();
    if (text !== "") openImage({ kind: "address", address: text.replace(/\/+$/, "") });
  };
  const chooseFolder = async () => {
    if (!givesFolders()) return picker.current!.click();
    const handle = await askForFolder("read");
    if (handle !== undefined) await openImage({ kind: "folder", handle });
  };
  return (
    <>
      <form onSubmit={submit}>
        <label for="address">Address of an OME-Zarr image</label>
        <div class="row">
          <input
            ref={address}
            id="address"
            type="url"
            placeholder="https://…/raw_image"
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit">Open</button>
        </div>
      </form>
      <div class="row">
        <button type="button" onClick={chooseFolder}>
          Choose a folder
        </button>
        <button type="button" onClick={() => openImage({ kind: "example" })}>
          Show an example
        </button>
      </div>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="A folder"
        onChange={(event) => openImage(filesDropped([...(event.currentTarget.files ?? [])]))}
        {...{ webkitdirectory: "" }}
      />
      {image === undefined && (
        <p class="hint">Or drop a folder on the page. Nothing is uploaded: all happens in this browser.</p>
      )}
    </>
  );
}

function ProfileForm() {
  const file = useRef<HTMLInputElement>(null);
  const hasEmpty = state.hasEmpty.value;
  // The accent lies on the way to the profile that is shown, and before there is one on the way that is advised.
  const used = state.result.value?.way;
  const accented = used ?? (hasEmpty ? "empty" : "choose");
  const lookOf = (way: state.Way) => ({ kind: way === accented ? "main" : "", isPressed: way === used });
  return (
    <>
      <div class="pair">
        <WorkButton {...lookOf("empty")} isOff={!hasEmpty} onClick={() => estimate("empty")}>
          From empty tiles
        </WorkButton>
        <WorkButton {...lookOf("choose")} onClick={() => estimate("choose")}>
          Let Isolux choose
        </WorkButton>
        <WorkButton {...lookOf("basic")} onClick={() => estimate("basic")}>
          BaSiC, all tiles
        </WorkButton>
        <WorkButton {...lookOf("file")} onClick={() => file.current!.click()}>
          My profiles.npz
        </WorkButton>
      </div>
      <input
        ref={file}
        type="file"
        accept=".npz"
        hidden
        aria-label="A profile"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          // The same file may be chosen again
          event.currentTarget.value = "";
          if (chosen !== undefined) useFile(chosen);
        }}
      />
      <label class="inline">
        Camera offset, if known
        <input
          type="number"
          min={0}
          inputMode="numeric"
          placeholder="counts"
          value={state.offset.value}
          onInput={(event) => {
            state.offset.value = event.currentTarget.value;
          }}
        />
      </label>
      {state.result.value !== undefined && (
        <>
          <Verdict result={state.result.value} />
          <ProfilePicture profiles={state.result.value.profiles} />
        </>
      )}
    </>
  );
}
