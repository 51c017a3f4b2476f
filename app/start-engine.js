// Starts the engine while the page itself is still loaded, so that both are ready sooner. The engine opens the image that
// the page's address names at once.
// By its name, not in its address: what it loads later imports the engine's file, which would be another one there.
globalThis.isoluxThread = new Worker(new URL("engine-thread.js", document.baseURI), {
  type: "module",
  name: location.hash,
});
